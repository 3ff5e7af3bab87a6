import type { Actor } from './actor.js';
import type { Deed } from './deeds.js';
import type { Circumstances } from './explored-client.js';

/** One caller: the client it belongs to, and what it does. */
export interface Role {
  readonly client: string;
  readonly act: (me: Actor) => Promise<unknown>;
}

/** A few callers with little to do: small enough that every order of it can be tried. */
export interface SmallWorld {
  readonly name: string;
  readonly roles: readonly Role[];
  /** @default ANYWHERE */
  readonly faults?: readonly Deed[];
  readonly circumstances?: Circumstances;
}

const once: Role['act'] = (me) => me.lock();
const twice: Role['act'] = async (me) => {
  await me.lock();
  await me.lock();
};
/** For longer than anybody is left to wait: it ends by an arrival, or when nobody is left who asks. */
const keeps = { keepMs: 12_000 };
const keepsTwice: Role['act'] = async (me) => {
  await me.lock(keeps);
  await me.rest();
  await me.lock(keeps);
};
const both = { keys: ['a', 'b'] };

/** Uses it again and again, for as long as its process keeps it. */
const keepsUsing: Role['act'] = async (me) => {
  const asks = { ...keeps, workMs: 1_500 };
  await me.lock(asks);
  for (let turn = 0; turn < 8; turn += 1) {
    const { keptFrom } = await me.lock(asks);
    if (keptFrom === undefined) return;
  }
};
/** Beyond the end of any schedule. */
const keepsOn = { keepMs: 60_000 };
const drains: Role['act'] = (me) => me.drain();

type Cast = readonly (Role['act'] | readonly [string, Role['act']])[];

function world(name: string, ...cast: Cast): SmallWorld {
  const roles = cast.map((one, index): Role =>
    typeof one === 'function'
      ? { client: `c${index + 1}`, act: one }
      : { client: one[0], act: one[1] },
  );
  return { name, roles };
}

export const WORLDS: readonly SmallWorld[] = [
  world('exclusive', once, once),
  world('again', twice, once),
  world('again, alone', twice),
  world('try', once, (me) => me.try()),
  world('timeout', once, async (me) => {
    await me.lock({ waitMs: 40 });
    await me.lock();
  }),
  world('abort', once, (me) => me.lock({ aborts: true })),
  world('long', (me) => me.lock({ workMs: 1_500 }), once),
  world('guarded', (me) => me.lock({ guarded: true }), once),
  world('dedicated', (me) => me.lock({ dedicatedLease: true }), once),
  world('minHold', (me) => me.lock({ minHoldMs: 1_200 }), once),
  world('minHold, again', async (me) => {
    await me.lock({ minHoldMs: 1_200 });
    await me.lock();
  }),
  {
    ...world('clocks', (me) => me.lock({ workMs: 3_000 }), once),
    faults: ['cutOff', 'suspended', 'setBack'],
    circumstances: {
      ttlMs: 3_000,
      shortfallSeconds: 1,
      rates: { c1: 0.97 },
    },
  },
  world(
    'two keys',
    (me) => me.lock(both),
    (me) => me.lock({ keys: ['b', 'a'] }),
  ),
  world('two ways', ['c1', once], ['c1', (me) => me.lock(both)], ['c2', once]),
  world('callers', once, ['c2', once], ['c2', once]),
  {
    ...world('long queue', (me) => me.crowd(9), once),
    faults: ['deleted'],
  },
  world(
    'election',
    (me) => me.lead('x'),
    (me) => me.lead('x'),
  ),
  world(
    'heir',
    ['c1', (me) => me.lock({ aborts: true, metadata: { n: 1 } })],
    ['c1', (me) => me.lock({ metadata: { n: 2 } })],
    ['c2', once],
  ),
  world(
    'shared',
    (me) => me.lock({ mode: 'shared' }),
    once,
    (me) => me.lock({ mode: 'shared' }),
  ),
  world(
    'permits',
    ...Array<Role['act']>(3).fill((me) => me.lock({ permits: 2 })),
  ),
  world('three', once, once, once),
  world(
    'work',
    (me) => me.work(),
    (me) => me.work(),
  ),
  {
    ...world(
      'work, late',
      (me) => me.work(),
      (me) => me.work(),
    ),
    faults: ['setForward'],
  },
  {
    ...world(
      'refused',
      ['c1', (me) => me.lock({ workMs: 1_500 })],
      ['c2', once],
      ['c2', (me) => me.lock(both)],
    ),
    faults: ['refused', 'watchesBroken', 'ended'],
  },
  world('kept', keepsTwice, async (me) => {
    await me.rest();
    await me.lock();
  }),
  world('kept, alone', keepsTwice),
  world('kept, wanted', (me) => me.lock(keeps), once),
  world('kept, tried', keepsTwice, async (me) => {
    await me.sleep(1_000);
    await me.try();
  }),
  world(
    'kept, in use',
    (me) => me.lock({ ...keeps, workMs: 1_500 }),
    (me) => me.lock({ waitMs: 0 }),
  ),
  {
    ...world('kept, used', keepsUsing, async (me) => {
      await me.rest();
      await me.lock();
    }),
    faults: ['watchesSilent'],
  },
  world(
    'kept, callers',
    ['c1', (me) => me.lock(keeps)],
    ['c1', (me) => me.lock(keeps)],
    ['c2', once],
  ),
  world('kept, drained', ['c1', (me) => me.lock(keepsOn)], ['c1', drains]),
  {
    ...world('kept, too many', async (me) => {
      await me.lock(keeps);
      await me.lock({ ...keeps, keys: ['b'] });
    }),
    circumstances: { maxKept: 1 },
  },
];
