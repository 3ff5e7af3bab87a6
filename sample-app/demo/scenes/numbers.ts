import type { ShopInstance } from '../shop-instance.js';
import type { Timeline } from '../timeline.js';
import type { Verdict } from '../verdict.js';

const REQUESTS = 90;
const PER_REQUEST = 25;

/** All instances hand out ids at once, from blocks that they take under one lock. */
export async function numbers(
  shops: readonly ShopInstance[],
  timeline: Timeline,
): Promise<Verdict[]> {
  const start = performance.now();
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, (_, request) =>
      shops[request % shops.length]!.get(`/ids/next?count=${PER_REQUEST}`),
    ),
  );
  const ids = answers.flatMap(({ body }) => (body.ids ?? []) as number[]);
  const duplicates = ids.length - new Set(ids).size;
  const tookMs = Math.round(performance.now() - start);
  timeline.say('demo', `${ids.length} ids, ${duplicates} twice (${tookMs} ms)`);
  const wanted = REQUESTS * PER_REQUEST;
  return [
    {
      what: 'ids issued, duplicates',
      promised: `${wanted}, 0`,
      seen: `${ids.length}, ${duplicates}`,
      kept: ids.length === wanted && duplicates === 0,
    },
  ];
}
