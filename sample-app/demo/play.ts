import type { Children } from './children.js';
import type { DemoEtcd } from './demo-etcd.js';
import { ReportTicks } from './report-ticks.js';
import { numbers } from './scenes/numbers.js';
import { partition } from './scenes/partition.js';
import { sale } from './scenes/sale.js';
import { killed, paused, stopped } from './scenes/take-over.js';
import { startShop, TTL_MS } from './shop.js';
import type { Timeline } from './timeline.js';
import type { Verdict } from './verdict.js';

/** The whole play, scene by scene, and what came of it. */
export async function play(
  etcd: DemoEtcd,
  children: Children,
  timeline: Timeline,
): Promise<Verdict[]> {
  const [a, b, c] = await startShop(etcd, children, timeline, {
    LOG_LEVELS: 'debug,log,warn,error,fatal',
    LEDGER_MS_PER_ACCOUNT: '60',
  });
  // Of the one instance that nobody kills before the end.
  timeline.say('c', `the lock board: ${c.boardUrl}`);
  const ticks = new ReportTicks();
  const stage = { ticks, timeline };
  const scenes: [title: string, run: () => Promise<Verdict[]>][] = [
    [
      'A rush for the last units, with and without the lock',
      () => sale([a, b, c], timeline),
    ],
    ['Ids from three instances at once', () => numbers([a, b, c], timeline)],
    [
      'a serves a partition, and b wants it once',
      () => partition(a, b, timeline),
    ],
    [
      'a closes a month and is paused',
      () => paused({ ...stage, month: '2026-08', holder: a, next: b }, TTL_MS),
    ],
    [
      'a closes a month and is killed',
      () => killed({ ...stage, month: '2026-09', holder: a, next: b }, TTL_MS),
    ],
    [
      'b closes a month and is stopped',
      () => stopped({ ...stage, month: '2026-10', holder: b, next: c }),
    ],
    ['The report, all the while', () => ticks.verdicts(c, 5)],
  ];
  const verdicts: Verdict[] = [];
  for (const [title, run] of scenes) {
    timeline.scene(title);
    verdicts.push(...(await run()));
  }
  return verdicts;
}
