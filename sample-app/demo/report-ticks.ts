import { setTimeout as sleep } from 'node:timers/promises';
import type { ShopInstance } from './shop-instance.js';
import type { Verdict } from './verdict.js';

const PERIOD_MS = 2_000;
/** After `minHold` and well before the next tick. */
const QUIET_MS = 1_500;

/**
 * The strokes of the report's clock while the demo runs. A tick is disturbed when an instance that
 * may have been the one to run it was killed or paused: such a tick may be missed, and none may run
 * twice.
 */
export class ReportTicks {
  static readonly cron = `*/${PERIOD_MS / 1000} * * * * *`;
  static readonly minHold = '1200ms';

  private readonly from = tickOf(Date.now()) + PERIOD_MS;
  private readonly disturbances: { from: number; to: number }[] = [];

  /** Everything between the two wall-clock times, and the tick that each lies in. */
  disturbed(from: number, to: number): void {
    this.disturbances.push({ from: tickOf(from), to: tickOf(to) });
  }

  /** Acts when no report is under way or about to start. */
  async quietMoment<T>(act: () => T): Promise<T> {
    return this.afterTick(QUIET_MS, act);
  }

  async justAfterTick<T>(act: () => T): Promise<T> {
    return this.afterTick(200, act);
  }

  async verdicts(shop: ShopInstance, enough: number): Promise<Verdict[]> {
    while (this.calm().length < enough) await sleep(100);
    const { body } = await shop.get('/reports');
    const runs = new Map<number, number>();
    for (const { at } of (body.runs ?? []) as { at: number }[]) {
      const tick = tickOf(at);
      runs.set(tick, (runs.get(tick) ?? 0) + 1);
    }
    const runsOf = (tick: number) => runs.get(tick) ?? 0;
    const calm = this.calm();
    const rough = this.past().filter((tick) => !calm.includes(tick));
    const sum = (ticks: number[]) =>
      ticks.reduce((total, tick) => total + runsOf(tick), 0);
    return [
      {
        what: 'report ticks, undisturbed',
        promised: 'one run each',
        seen: `${calm.length} ticks, ${sum(calm)} runs`,
        kept: calm.every((tick) => runsOf(tick) === 1),
      },
      {
        what: 'report ticks around kill and pause',
        promised: 'at most one run each',
        seen: `${rough.length} ticks, ${sum(rough)} runs`,
        kept: rough.every((tick) => runsOf(tick) <= 1),
      },
    ];
  }

  private past(): number[] {
    const ticks: number[] = [];
    // A tick that is still under way may not have its run yet.
    const until = tickOf(Date.now());
    for (let tick = this.from; tick < until; tick += PERIOD_MS)
      ticks.push(tick);
    return ticks;
  }

  private calm(): number[] {
    return this.past().filter(
      (tick) =>
        !this.disturbances.some(({ from, to }) => tick >= from && tick <= to),
    );
  }

  private async afterTick<T>(offsetMs: number, act: () => T): Promise<T> {
    const now = Date.now();
    const since = now - tickOf(now);
    await sleep((offsetMs - since + PERIOD_MS) % PERIOD_MS);
    return act();
  }
}

function tickOf(at: number): number {
  return Math.floor(at / PERIOD_MS) * PERIOD_MS;
}
