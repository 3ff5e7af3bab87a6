import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../../support/wait-until.js';
import { spawnWorker, type Worker } from '../../support/worker.js';
import { EtcdMetrics } from '../../support/etcd-metrics.js';
import { atMost } from '../figure.js';
import { summary } from '../statistics.js';
import type { Measure } from './measure.js';

const FEW = 100;
const MANY = 10_000;
const IDLE_SECONDS = 12;

/** Requests in a second that a few keep-alives may well make. */
const QUIET = 10;

export const manyLocks: Measure = {
  id: 'P5',
  title: '10,000 locks held by one process',
  async run(bench) {
    const { rounds } = bench.terms({ seconds: 0, rounds: 1 });
    const { etcd } = bench.settings;
    const further: number[] = [];
    const bytes: number[] = [];
    const tickets: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const worker = spawnWorker(
        new URL('../processes/many-locks.worker.ts', import.meta.url),
        { BENCH_ETCD: etcd },
      );
      await worker.next('ready');
      const before = await holding(worker, FEW);
      const idleFew = await requestsWhenIdle(etcd);
      worker.send({ type: 'wait', waiters: 0 });
      const after = await holding(worker, MANY);
      const idleMany = await requestsWhenIdle(etcd);
      worker.send({ type: 'wait', waiters: MANY });
      const seen = await worker.next<{ tickets: number }>('tickets', 120_000);
      await worker.kill();
      further.push(idleMany - idleFew);
      bytes.push((after - before) / (MANY - FEW));
      tickets.push(seen.tickets);
    }
    return {
      figures: [
        {
          what: `further requests in ${IDLE_SECONDS} idle seconds with 10,000 locks instead of ${FEW}`,
          value: summary(further),
          unit: '',
          target: atMost(2, '≤ 2'),
        },
        {
          what: 'heap for each lock and its handle',
          value: summary(bytes),
          unit: 'B',
          target: atMost(3072, '≤ 3,072 B'),
        },
        {
          what: 'tickets in etcd of 10,000 local waiters on one key',
          value: summary(tickets),
          unit: '',
          target: atMost(1, '≤ 1'),
        },
      ],
      notes: [
        `TTL 6 s, so a keep-alive every 2 s: the ends of the interval may count one more or less. Requests are the messages etcd has counted, also those on streams.`,
      ],
    };
  },
};

async function holding(worker: Worker, count: number): Promise<number> {
  worker.send({ type: 'hold', count });
  const { heap } = await worker.next<{ heap: number }>('held', 120_000);
  return heap;
}

/** Once what follows an acquisition is over: a lock that is held for a while gets a watch. */
async function requestsWhenIdle(etcd: string): Promise<number> {
  await waitUntil(async () => (await requestsIn(etcd, 1)) < QUIET, {
    what: 'the locks to settle',
    timeoutMs: 60_000,
  }).catch(() => {});
  return requestsIn(etcd, IDLE_SECONDS);
}

async function requestsIn(etcd: string, seconds: number): Promise<number> {
  const before = await EtcdMetrics.of(etcd);
  await pause(seconds * 1000);
  const after = await EtcdMetrics.of(etcd);
  return after.requests - before.requests;
}
