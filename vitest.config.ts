import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const file = (path: string) =>
  fileURLToPath(new URL(path, import.meta.url)).replaceAll('\\', '/');

const alias = [
  { find: /^nestjs-etcd-lock$/, replacement: file('./lib/index.ts') },
  {
    find: /^nestjs-etcd-lock\/([\w-]+)$/,
    replacement: file('./lib') + '/$1/index.ts',
  },
];

/**
 * Folders whose tests start real processes: they share two cores with nobody. The messages to etcd
 * are tested without one.
 */
const etcdFolders =
  'support,etcd/!(wire),contract,differential,processes,faults';

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          // By default one core is left to nobody.
          maxWorkers: '100%',
          include: ['test/**/*.spec.ts'],
          exclude: [`test/{${etcdFolders},e2e}/**`],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: './test/types/tsconfig.json',
          },
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'etcd',
          include: [
            `test/{${etcdFolders}}/**/*.spec.ts`,
            'test/etcd/*.spec.ts',
          ],
          globalSetup: ['test/support/provide-etcd.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts', 'test/**/*.e2e-spec.ts'],
          globalSetup: [
            'test/support/provide-etcd.ts',
            'test/support/provide-build.ts',
          ],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
