import type { ShopInstance } from '../shop-instance.js';
import type { Timeline } from '../timeline.js';
import type { Verdict } from '../verdict.js';

const UNITS = 40;
const CUSTOMERS = 60;

/** The same rush twice: more customers than units, on all instances at once. */
export async function sale(
  shops: readonly ShopInstance[],
  timeline: Timeline,
): Promise<Verdict[]> {
  const guarded = await rush('teapot', '/orders', shops);
  timeline.say('demo', `with the lock:    ${describe(guarded)}`);
  const unguarded = await rush('kettle', '/orders/unguarded', shops);
  timeline.say('demo', `without the lock: ${describe(unguarded)}`);
  return [
    {
      what: 'units sold with the lock',
      promised: `${UNITS} of ${UNITS}`,
      seen: `${guarded.sold} of ${UNITS}`,
      kept:
        guarded.sold === UNITS &&
        guarded.left === 0 &&
        guarded.confirmed === UNITS &&
        guarded.confirmed + guarded.soldOut === CUSTOMERS,
    },
    {
      what: 'units sold without it',
      promised: 'nothing',
      seen: `${unguarded.sold} of ${UNITS}, ${unguarded.sold - UNITS} too many`,
      kept: 'no promise',
    },
  ];
}

interface Rush {
  readonly confirmed: number;
  readonly soldOut: number;
  readonly sold: number;
  readonly left: number;
  readonly tookMs: number;
}

async function rush(
  sku: string,
  route: string,
  shops: readonly ShopInstance[],
): Promise<Rush> {
  await shops[0]!.put(`/stock/${sku}`, { units: UNITS });
  const start = performance.now();
  const answers = await Promise.all(
    Array.from({ length: CUSTOMERS }, (_, customer) =>
      shops[customer % shops.length]!.post(route, { sku, quantity: 1 }),
    ),
  );
  const tookMs = performance.now() - start;
  const { body } = await shops[0]!.get(`/stock/${sku}`);
  const answered = (code: number) =>
    answers.filter(({ status }) => status === code).length;
  return {
    confirmed: answered(201),
    soldOut: answered(409),
    sold: Number(body.sold),
    left: Number(body.left),
    tookMs,
  };
}

function describe({ confirmed, soldOut, left, tookMs }: Rush): string {
  return `${UNITS} units, ${CUSTOMERS} customers: ${confirmed} orders confirmed, ${soldOut} told "sold out", stock says ${left} left (${Math.round(tookMs)} ms)`;
}
