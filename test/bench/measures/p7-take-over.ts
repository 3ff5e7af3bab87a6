import { LockClient } from 'nestjs-etcd-lock/core';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import { waitUntil } from '../../support/wait-until.js';
import { spawnWorker, type Worker } from '../../support/worker.js';
import { EtcdMetrics } from '../../support/etcd-metrics.js';
import { atMost } from '../figure.js';
import { inTurns } from '../rounds.js';
import { summary } from '../statistics.js';
import type { Measure } from './measure.js';

const TTL_MS = 2_000;

interface TakeOver {
  readonly ms: number;
  readonly commits: number;
}

const ENDS = {
  release: (holder: Worker) => holder.send({ type: 'release' }),
  SIGTERM: (holder: Worker) => holder.terminate(),
  SIGKILL: (holder: Worker) => void holder.kill(),
};

export const takeOver: Measure = {
  id: 'P7',
  title: 'Take-over by a waiting process',
  async run(bench) {
    const { rounds } = bench.terms({ seconds: 0, rounds: 5 });
    const { etcd } = bench.settings;
    const store = new EtcdStore({ hosts: etcd });
    const locks = new LockClient({ store, namespace: 'bench/take-over/' });
    const names = ['release', 'SIGTERM', 'SIGKILL'] as const;
    const taken = await inTurns(
      rounds,
      names.map((name) => ({
        name,
        run: (round) => takenOver(locks, etcd, `${name}-${round}`, ENDS[name]),
      })),
    );
    await locks.close();
    await store.close();
    const msAfter = (name: string) =>
      summary(taken.get(name)!.map(({ ms }) => ms));
    return {
      figures: [
        {
          what: 'commits from a release to the next holder',
          value: summary(taken.get('release')!.map(({ commits }) => commits)),
          unit: '',
          target: atMost(2, '≤ 2'),
        },
        { what: 'after a release', value: msAfter('release'), unit: 'ms' },
        {
          what: 'after SIGTERM to the holder',
          value: msAfter('SIGTERM'),
          unit: 'ms',
          target: atMost(100, '≤ 100 ms'),
        },
        {
          what: 'after SIGKILL of the holder, TTL 2 s',
          value: msAfter('SIGKILL'),
          unit: 'ms',
          target: atMost(TTL_MS + 1_000, '≤ 3,000 ms'),
        },
      ],
      notes: [
        'The holder is a Nest application with shutdown hooks and no shutdownGrace: it takes the lock from its work at once. Commits are those that etcd has counted.',
      ],
    };
  },
};

async function takenOver(
  locks: LockClient,
  etcd: string,
  key: string,
  end: (holder: Worker) => void,
): Promise<TakeOver> {
  const holder = spawnWorker(
    new URL('../processes/holder.worker.ts', import.meta.url),
    { BENCH_ETCD: etcd, BENCH_KEY: key },
  );
  await holder.next('held', 60_000);
  const next = locks.acquire(key, { waitTimeout: '30s' });
  await waitUntil(async () => (await locks.inspect(key)).waiters.length === 1);
  const before = await EtcdMetrics.of(etcd);
  const startedAt = performance.now();
  end(holder);
  const lock = await next;
  const ms = performance.now() - startedAt;
  const after = await EtcdMetrics.of(etcd);
  await lock.release();
  await holder.kill();
  return { ms, commits: after.commits - before.commits };
}
