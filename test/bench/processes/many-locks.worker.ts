import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Lock, LockClient } from 'nestjs-etcd-lock/core';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import { waitUntil } from '../../support/wait-until.js';
import { connectWorker } from '../../support/worker-port.js';

// A lock that is held for a second gets a watch of its own.
const SETTLED_AFTER_MS = 3_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const port = connectWorker();
const hosts = process.env['BENCH_ETCD']!;
const store = new EtcdStore({ hosts });
const options = {
  namespace: 'bench/many/',
  ttl: '6s',
  waitTimeout: '120s',
} as const;
const locks = new LockClient({ store, ...options });
const held: Lock[] = [];

async function hold(count: number): Promise<void> {
  const from = held.length;
  const more = Array.from({ length: count - from }, (_, index) =>
    locks.acquire(`lock-${from + index}`),
  );
  held.push(...(await Promise.all(more)));
  await pause(SETTLED_AFTER_MS);
}

function heapUsed(): number {
  for (let times = 0; times < 3; times++) collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** How many tickets that many callers of this process put into the queue of one held key. */
async function ticketsOf(waiters: number): Promise<number> {
  const other = new LockClient({ store, ...options });
  const lock = await other.acquire('one');
  const leave = new AbortController();
  const waiting = Array.from({ length: waiters }, () =>
    locks.acquire('one', { signal: leave.signal }),
  );
  let answered = 0;
  const count = () => (answered += 1);
  for (const one of waiting) one.then(count, count);
  await waitUntil(async () => (await ticketsIn('one')) > 0, {
    what: 'the first of the waiters to be in the queue',
    timeoutMs: 60_000,
  });
  await pause(SETTLED_AFTER_MS);
  const tickets = await ticketsIn('one');
  if (answered > 0) throw new Error(`${answered} of them do not wait.`);
  leave.abort();
  await Promise.allSettled(waiting);
  await lock.release();
  await other.close();
  return tickets;
}

async function ticketsIn(key: string): Promise<number> {
  return (await locks.inspect(key)).waiters.length;
}

/** What is measured of locks that are not held says nothing. */
function assertHeld(): void {
  for (const lock of held) lock.assertHeld();
}

port.send({ type: 'ready' });
for (;;) {
  const { count } = await port.next<{ count: number }>('hold');
  await hold(count);
  port.send({ type: 'held', heap: heapUsed() });
  const { waiters } = await port.next<{ waiters: number }>('wait');
  if (waiters > 0) {
    assertHeld();
    port.send({ type: 'tickets', tickets: await ticketsOf(waiters) });
  }
}
