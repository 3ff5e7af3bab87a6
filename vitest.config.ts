import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

const file = (path: string) =>
  fileURLToPath(new URL(path, import.meta.url)).replaceAll('\\', '/');

const alias = [
  { find: /^nestjs-etcd-lock$/, replacement: file('./lib/index.ts') },
  {
    find: /^nestjs-etcd-lock\/([\w/-]+)$/,
    replacement: file('./lib') + '/$1/index.ts',
  },
];

/** Folders whose tests start etcd or other processes, and mostly wait for them. */
const etcdFolders = 'support,etcd/!(wire),contract,differential';
/** The same, but with bounds of time, or much at once: on two cores there are two of them. */
const pairedFolders = 'processes,faults';
/** With narrow bounds of time, or counts over time: they share two cores with nobody. */
const aloneProcesses =
  'test/processes/{holder-ends,paused-process,quiet}.spec.ts';
const aloneFaults = 'test/faults/paused-etcd.spec.ts';
const aloneEndToEnd = 'test/e2e/demo.e2e-spec.ts';
/** While two wait, one works. Each worker has ports of its own: test/support/free-port.ts. */
const SIDE_BY_SIDE = 3;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          // By default one core is left to nobody.
          maxWorkers: '100%',
          include: ['test/**/*.spec.ts'],
          exclude: [`test/{${etcdFolders},${pairedFolders},interop,e2e}/**`],
          // None takes five seconds, but for a machine that has other work, too.
          testTimeout: 30_000,
          hookTimeout: 30_000,
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
          maxWorkers: SIDE_BY_SIDE,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        resolve: { alias },
        test: {
          // The faults once more, over an `Etcd3` of the user's.
          name: 'client',
          env: { LOCK_ROAD: 'client' },
          include: ['test/faults/**/*.spec.ts'],
          // There, a call that timed out has the next one take another connection.
          exclude: ['test/faults/late-copies.spec.ts', aloneFaults],
          globalSetup: ['test/support/provide-etcd.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts', 'test/**/*.e2e-spec.ts'],
          exclude: [aloneEndToEnd],
          globalSetup: [
            'test/support/provide-etcd.ts',
            'test/support/provide-build.ts',
          ],
          maxWorkers: SIDE_BY_SIDE,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // The same as `etcd`: what one of them has over is filled by the other.
          sequence: { groupOrder: 2 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'etcd-in-pairs',
          include: [`test/{${pairedFolders}}/**/*.spec.ts`],
          exclude: [aloneProcesses, aloneFaults],
          globalSetup: ['test/support/provide-etcd.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // The same as `client`.
          sequence: { groupOrder: 3 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'etcd-alone',
          include: [aloneProcesses, aloneFaults],
          globalSetup: ['test/support/provide-etcd.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'client-alone',
          env: { LOCK_ROAD: 'client' },
          include: [aloneFaults],
          globalSetup: ['test/support/provide-etcd.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // The same as `etcd-alone`.
          sequence: { groupOrder: 4 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e-alone',
          include: [aloneEndToEnd],
          globalSetup: [
            'test/support/provide-etcd.ts',
            'test/support/provide-build.ts',
          ],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 5 },
        },
      },
      {
        resolve: { alias },
        test: {
          // What needs more than etcd has `with-` in its name: `npm test` leaves it out, and
          // `npm run test:all` runs it. Here: a browser, Prometheus, MariaDB, Redis or nginx.
          name: 'with-services',
          include: ['test/**/*.services-spec.ts'],
          globalSetup: [
            'test/support/provide-etcd.ts',
            'test/support/provide-build.ts',
          ],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 6 },
        },
      },
      {
        resolve: { alias },
        test: {
          // Here: networks of their own, which only root can make, and only on Linux.
          name: 'with-network',
          include: ['test/**/*.network-spec.ts'],
          globalSetup: ['test/support/provide-etcd.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 8 },
        },
      },
      {
        resolve: { alias },
        test: {
          // Here: strace, which makes the disk slow.
          name: 'with-strace',
          include: ['test/**/*.strace-spec.ts'],
          globalSetup: ['test/support/provide-etcd.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 9 },
        },
      },
      {
        resolve: { alias },
        test: {
          // Here: clients of other people, some of which need Go.
          name: 'with-clients',
          include: ['test/interop/**/*.spec.ts'],
          globalSetup: [
            'test/support/provide-etcd.ts',
            'test/interop/support/provide-rivals.ts',
          ],
          fileParallelism: false,
          // Most of them wait for a lease to end.
          maxConcurrency: 4,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 7 },
        },
      },
    ],
  },
});
