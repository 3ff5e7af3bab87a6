import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Per folder, imports that point the wrong way, and imports that are allowed. */
const IMPORTS: Record<string, { refused: string[]; allowed: string[] }> = {
  'lib/core': {
    refused: ['@nestjs/common', 'rxjs', 'etcd3', 'node:timers', '../nest/a.js'],
    allowed: ['ms', 'node:async_hooks', './lock.js'],
  },
  'lib/core/deep': {
    refused: ['../../etcd/a.js', '../../memory/a.js', '../../testing/a.js'],
    allowed: ['../clock.js'],
  },
  'lib/etcd': {
    refused: [
      '@nestjs/common',
      'rxjs',
      'etcd3',
      '@grpc/grpc-js',
      'cockatiel',
      '../memory/a.js',
      '../nest/a.js',
      '../core/time/clock.js',
    ],
    allowed: [
      'node:http2',
      './etcd3/shared-client.js',
      '../core/index.js',
      '../core/internal.js',
    ],
  },
  'lib/memory': {
    refused: [
      '../core/store/lock-store.js',
      '@nestjs/common',
      'etcd3',
      '../etcd/a.js',
      '../testing/a.js',
    ],
    allowed: ['node:assert', '../core/index.js'],
  },
  'lib/fencing': {
    refused: [
      '../core/store/lock-store.js',
      '@nestjs/common',
      'etcd3',
      '../etcd/a.js',
      '../nest/a.js',
    ],
    allowed: ['./key-fence.js', '../core/index.js'],
  },
  'lib/testing': {
    refused: [
      '../core/store/lock-store.js',
      '@nestjs/common',
      'etcd3',
      '../etcd/a.js',
      '../memory/a.js',
    ],
    allowed: ['node:assert/strict', '../core/index.js'],
  },
  'lib/testing/nest': {
    refused: [
      '../../core/time/clock.js',
      '@nestjs/testing',
      'etcd3',
      '../../etcd/a.js',
      '../../index.js',
    ],
    allowed: ['@nestjs/common', '../../nest/a.js', '../manual-clock.js'],
  },
  'lib/nest': {
    refused: [
      '../core/store/lock-store.js',
      'etcd3',
      '@grpc/grpc-js',
      '../testing/a.js',
      '../board/a.js',
    ],
    allowed: ['@nestjs/common', '../core/index.js', '../memory/index.js'],
  },
  'lib/board': {
    refused: [
      '../core/store/lock-store.js',
      'etcd3',
      '../etcd/a.js',
      '../telemetry/a.js',
      '../index.js',
    ],
    allowed: ['@nestjs/common', 'rxjs', '../core/index.js', '../nest/a.js'],
  },
  'lib/election': {
    refused: [
      '../core/store/lock-store.js',
      '../nest/a.js',
      './nest/a.js',
      '@nestjs/common',
      'rxjs',
      '../index.js',
    ],
    allowed: ['../core/index.js', './campaign.js', 'node:async_hooks'],
  },
  'lib/telemetry/nest': {
    refused: [
      '../../core/store/lock-store.js',
      'etcd3',
      '../../etcd/a.js',
      '../../election/a.js',
      '../../index.js',
    ],
    allowed: ['@nestjs/common', '../../nest/a.js', '../instrument-locks.js'],
  },
  'lib/cli': {
    refused: [
      '../core/store/lock-store.js',
      '@nestjs/common',
      'etcd3',
      '../nest/a.js',
      '../index.js',
    ],
    allowed: ['commander', '../core/index.js', '../etcd/index.js'],
  },
  'sample-app/orders': {
    refused: ['../../lib/index.js'],
    allowed: ['nestjs-etcd-lock', 'etcd3', '../app.module.js'],
  },
};

const CLOCKS = [
  'Date.now()',
  'performance.now()',
  'setTimeout(a, 1)',
  'setInterval(a, 1)',
  'setImmediate(a)',
  'globalThis.setTimeout(a, 1)',
  'AbortSignal.timeout(1)',
  'Math.random()',
];

describe('the linter', () => {
  let directory: string;
  let complaints: Map<string, string[]>;
  const files: [name: string, text: string][] = [];

  const importFile = (folder: string, from: string) =>
    `${folder}/imports-${from.replaceAll(/[\W_]+/g, '-')}.ts`;
  const clockFile = (folder: string, call: string) =>
    `${folder}/calls-${call.toLowerCase().replaceAll(/[\W_]+/g, '-')}.ts`;
  const rulesBrokenIn = (file: string) => complaints.get(file) ?? [];

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'layers-'));
    copyFileSync(
      join(root, '.oxlintrc.json'),
      join(directory, '.oxlintrc.json'),
    );
    for (const [folder, { refused, allowed }] of Object.entries(IMPORTS)) {
      for (const from of [...refused, ...allowed]) {
        files.push([
          importFile(folder, from),
          `import { a } from '${from}';\na();\n`,
        ]);
      }
    }
    for (const call of CLOCKS) {
      files.push([
        clockFile('lib/core', call),
        `export const a = () => ${call};\n`,
      ]);
    }
    files.push([
      'lib/core/time/clock.ts',
      'export const a = () => Date.now();\n',
    ]);
    files.push(['lib/nest/default.ts', 'export default 1;\n']);
    files.push(['lib/nest/console.ts', 'console.log(1);\n']);
    for (const [file, text] of files) {
      const path = join(directory, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    complaints = lint(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  for (const [folder, { refused, allowed }] of Object.entries(IMPORTS)) {
    it.each(refused)(`refuses to let ${folder} import %s`, (from) => {
      expect(rulesBrokenIn(importFile(folder, from))).toContain(
        'eslint(no-restricted-imports)',
      );
    });
    it.each(allowed)(`lets ${folder} import %s`, (from) => {
      expect(rulesBrokenIn(importFile(folder, from))).toEqual([]);
    });
  }

  it.each(CLOCKS)('refuses %s in core', (call) => {
    expect(rulesBrokenIn(clockFile('lib/core', call))).toEqual([
      expect.stringMatching(/no-restricted-(globals|properties)/),
    ]);
  });

  it('lets the clock of core know the time', () => {
    expect(rulesBrokenIn('lib/core/time/clock.ts')).toEqual([]);
  });

  it('refuses default exports and the console in the library', () => {
    expect(rulesBrokenIn('lib/nest/default.ts')).toContain(
      'import(no-default-export)',
    );
    expect(rulesBrokenIn('lib/nest/console.ts')).toContain(
      'eslint(no-console)',
    );
  });
});

/** The rules that each file breaks. */
function lint(directory: string): Map<string, string[]> {
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [oxlint, '--format=json'],
    { cwd: directory, encoding: 'utf8' },
  );
  if (!stdout.startsWith('{')) throw new Error(stdout + stderr);
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; filename: string }[];
  };
  const found = new Map<string, string[]>();
  for (const { code, filename } of diagnostics) {
    const file = filename.replaceAll('\\', '/');
    found.set(file, [...(found.get(file) ?? []), code]);
  }
  return found;
}
