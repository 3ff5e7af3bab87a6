import type { ReportTicks } from '../report-ticks.js';
import type { Answer, ShopInstance } from '../shop-instance.js';
import type { Timeline } from '../timeline.js';
import type { Verdict } from '../verdict.js';
import { booksOf } from './books.js';

export interface TakeOver {
  readonly month: string;
  readonly holder: ShopInstance;
  readonly next: ShopInstance;
  readonly ticks: ReportTicks;
  readonly timeline: Timeline;
}

/** How long a silent holder may keep the next one waiting: etcd looks for ended leases twice a second. */
const SLACK_MS = 1_000;

/** By the lock, or by the books, whichever is first to see its fencing token. */
const TOLD = [500, 409];

/** The holder dies without a word. Its lease ends, the next one goes on where it stopped. */
export async function killed(
  scene: TakeOver,
  ttlMs: number,
): Promise<Verdict[]> {
  const { holder, next, ticks } = scene;
  const closing = await queueUp(scene);
  const killedAt = await ticks.quietMoment(() => holder.kill('SIGKILL'));
  const after = await closing.next;
  ticks.disturbed(killedAt, after.heldSince);
  return [
    waited(
      'holder killed, next has the lock',
      killedAt,
      after,
      ttlMs + SLACK_MS,
    ),
    await booksOf(scene.month, next),
  ];
}

/** The holder is told to stop, and gives the lock back before it goes. */
export async function stopped(scene: TakeOver): Promise<Verdict[]> {
  const { holder, next, ticks, timeline } = scene;
  const closing = await queueUp(scene);
  const stoppedAt = await ticks.quietMoment(() => holder.kill('SIGTERM'));
  await holder.exited();
  timeline.say(holder.name, `ended ${Date.now() - stoppedAt} ms later`);
  const after = await closing.next;
  return [
    waited('holder stopped, next has the lock', stoppedAt, after, SLACK_MS),
    await booksOf(scene.month, next),
  ];
}

/** The holder freezes, somebody else takes over, and then it wakes up, none the wiser. */
export async function paused(
  scene: TakeOver,
  ttlMs: number,
): Promise<Verdict[]> {
  const { holder, next, month, ticks, timeline } = scene;
  const closing = await queueUp(scene);
  const pausedAt = await ticks.quietMoment(() => holder.kill('SIGSTOP'));
  await next.says(new RegExp(`closes ${month}`));
  // Its clock has struck meanwhile, and the job runs late. That tick is taken if it is a fresh one.
  const resumedAt = await ticks.justAfterTick(() => holder.kill('SIGCONT'));
  ticks.disturbed(pausedAt, resumedAt);
  const late = await closing.holder;
  timeline.say(
    holder.name,
    `answers ${late.status} ${String(late.body.message)}`,
  );
  const after = await closing.next;
  return [
    waited(
      'holder paused, next has the lock',
      pausedAt,
      after,
      ttlMs + SLACK_MS,
    ),
    {
      what: 'paused holder, once awake',
      promised: 'is told that it lost',
      seen: `answers ${late.status}`,
      kept: TOLD.includes(late.status),
    },
    await booksOf(month, next),
  ];
}

interface Closed {
  readonly heldSince: number;
  readonly tookOver: boolean;
}

/** The holder is at work and the next one waits for it. */
async function queueUp({ month, holder, next }: TakeOver): Promise<{
  holder: Promise<Answer>;
  next: Promise<Closed>;
}> {
  const path = `/ledger/${month}/close`;
  const first = holder.post(path);
  await holder.says(new RegExp(`closes ${month}`));
  const second = next.post(path);
  await next.says(new RegExp(`waits for ledger:${month}`));
  return {
    holder: first,
    next: second.then(({ status, body }) => ({
      heldSince: Number(body.heldSince),
      tookOver: status === 201,
    })),
  };
}

function waited(
  what: string,
  since: number,
  { heldSince, tookOver }: Closed,
  limitMs: number,
): Verdict {
  const ms = heldSince - since;
  return {
    what,
    promised: `within ${limitMs} ms`,
    seen: tookOver ? `after ${ms} ms` : 'never',
    kept: tookOver && ms >= 0 && ms <= limitMs,
  };
}
