import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost } from '../figure.js';
import { inTurns } from '../rounds.js';
import { ratios, summary } from '../statistics.js';
import type { Measure } from './measure.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What an application has loaded anyway. */
const NEST = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import 'rxjs';
const start = (metadata) => {
  class AppModule {}
  Module(metadata)(AppModule);
  return NestFactory.createApplicationContext(AppModule, { logger: false });
};
await start({ imports: [DiscoveryModule] });
`;

const timed = (before: string, work: string) => `${before}
const startedAt = performance.now();
${work}
console.log(performance.now() - startedAt);
process.exit();`;

const OURS = 'import, and start of the module in a Nest application';
const ETCD3 = 'import of etcd3, in a Nest application';
const COLD = 'import with all of Nest, in an empty process';

const PROGRAMS = {
  [OURS]: timed(
    NEST,
    `const { EtcdLockModule } = await import('nestjs-etcd-lock');
await start({ imports: [EtcdLockModule.forRoot({ hosts: 'http://127.0.0.1:1' })] });`,
  ),
  [ETCD3]: timed(NEST, `await import('etcd3');`),
  'import of etcd3, in an empty process': timed('', `await import('etcd3');`),
  [COLD]: timed('', `await import('nestjs-etcd-lock');`),
};

export const startUp: Measure = {
  id: 'P8',
  title: 'Start-up without etcd, in fresh processes',
  async run(bench) {
    const { rounds } = bench.terms({ seconds: 0, rounds: 9 });
    const took = await inTurns(
      rounds,
      Object.entries(PROGRAMS).map(([name, program]) => ({
        name,
        run: () => millisecondsOf(program),
      })),
    );
    return {
      figures: [
        {
          what: 'import and module start / import of etcd3',
          value: summary(ratios(took.get(OURS)!, took.get(ETCD3)!)),
          unit: '×',
          target: atMost(0.35),
        },
      ],
      series: [
        {
          what: 'Start-up',
          unit: 'ms',
          better: 'less',
          values: [...took].map(([name, values]) => ({
            name,
            value: summary(values),
          })),
        },
      ],
      notes: [
        'Both sides of the ratio have Nest loaded and an empty application started before the clock starts: whoever uses the module has paid for that.',
      ],
    };
  },
};

async function millisecondsOf(program: string): Promise<number> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: root, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return Number(stdout);
}
