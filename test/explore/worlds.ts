import type { Actor } from './actor.js';

/** One caller: the client it belongs to, and what it does. */
export interface Role {
  readonly client: string;
  readonly act: (me: Actor) => Promise<void>;
}

/** A few callers with little to do: small enough that every order of it can be tried. */
export interface SmallWorld {
  readonly name: string;
  readonly roles: readonly Role[];
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

function world(
  name: string,
  ...acts: readonly (Role['act'] | readonly [string, Role['act']])[]
): SmallWorld {
  const roles = acts.map((one, index): Role =>
    typeof one === 'function'
      ? { client: `c${index + 1}`, act: one }
      : { client: one[0], act: one[1] },
  );
  return { name, roles };
}

export const WORLDS: readonly SmallWorld[] = [
  world('exclusive', once, once),
  world('again', twice, once),
  world('try', once, (me) => me.try()),
  world('timeout', once, async (me) => {
    await me.lock({ waitMs: 40 });
    await me.lock();
  }),
  world('abort', once, (me) => me.lock({ aborts: true })),
  world('minHold', (me) => me.lock({ minHoldMs: 1_200 }), once),
  world(
    'two keys',
    (me) => me.lock(both),
    (me) => me.lock({ keys: ['b', 'a'] }),
  ),
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
  world('kept', keepsTwice, async (me) => {
    await me.rest();
    await me.lock();
  }),
  world('kept, tried', keepsTwice, async (me) => {
    await me.rest();
    await me.try();
  }),
];
