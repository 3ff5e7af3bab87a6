import type { ShopInstance } from '../shop-instance.js';
import type { Timeline } from '../timeline.js';
import type { Verdict } from '../verdict.js';

const ALONE = 300;
const DISTURBED = 200;
const CYCLES = ALONE + DISTURBED + 1;
/** The first cycle of the consumer, the one of the other instance, and the next of the consumer. */
const ASKED = 3;
/** For one message and one hand-over, where `keep` is 30 s. */
const LIMIT_MS = 1_000;

/** One instance serves a partition and keeps its lock, until another one wants it, once. */
export async function partition(
  consumer: ShopInstance,
  other: ShopInstance,
  timeline: Timeline,
): Promise<Verdict[]> {
  const path = '/partitions/3';
  await consumer.post(path, { count: ALONE });
  const served = consumer.post(path, { count: DISTURBED });
  await consumer.says(new RegExp(`serves partition 3, ${DISTURBED} to come`));
  await other.post(path, { count: 1 });
  await served;
  const [mine, its] = await Promise.all([takings(consumer), takings(other)]);
  const cycles = mine.taken + its.taken;
  const asked = mine.askedEtcd + its.askedEtcd;
  const waitedMs = Math.round(its.longestWaitMs);
  timeline.say(
    'demo',
    `${cycles} cycles, ${asked} asked etcd, ${other.name} waited ${waitedMs} ms`,
  );
  return [
    {
      what: 'cycles of a kept lock, asked etcd',
      promised: `${CYCLES}, at most ${ASKED}`,
      seen: `${cycles}, ${asked}`,
      kept: cycles === CYCLES && asked >= 2 && asked <= ASKED,
    },
    {
      what: 'kept lock, another instance has it',
      promised: `within ${LIMIT_MS} ms`,
      seen: `after ${waitedMs} ms`,
      kept: its.taken === 1 && waitedMs <= LIMIT_MS,
    },
  ];
}

interface Takings {
  readonly taken: number;
  readonly askedEtcd: number;
  readonly longestWaitMs: number;
}

async function takings(shop: ShopInstance): Promise<Takings> {
  const { body } = await shop.get('/partitions/takings');
  return {
    taken: Number(body.taken),
    askedEtcd: Number(body.askedEtcd),
    longestWaitMs: Number(body.longestWaitMs),
  };
}
