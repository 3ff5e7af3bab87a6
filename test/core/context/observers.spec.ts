import { describe, expect, it } from 'vitest';
import type { LockEvent, LockState } from '../../../lib/core/index.js';
import { Observers } from '../../../lib/core/context/observers.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
const fail = () => {
  throw new Error('of a callback');
};

const THEN = ['then'].join('');

/** What a callback can do to whoever calls it. */
const MISDEEDS: [string, () => unknown][] = [
  ['throws', fail],
  ['rejects', async () => fail()],
  [
    'rejects later',
    async () => {
      await new Promise(setImmediate);
      fail();
    },
  ],
  [
    'returns what fails when it is looked at',
    () => Object.defineProperty({}, THEN, { get: fail }),
  ],
  ['returns what fails when it is waited for', () => ({ [THEN]: fail })],
];

/** Turns of the event loop, after which a rejection that nobody handled would have been told. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}

const states = () => {
  const seen: (readonly LockState[])[] = [];
  const watcher = {
    snapshot: (locks: readonly LockState[]) => void seen.push(locks),
    changed: (locks: readonly LockState[]) => void seen.push(locks),
    interrupted: () => {},
  };
  return { seen, watcher };
};

describe.each(MISDEEDS)('a callback that %s', (_, misdeed) => {
  it('as a listener disturbs neither the lock nor the next listener', async () => {
    const { locks, events } = world().instance();
    locks.subscribe(misdeed);
    const after: string[] = [];
    locks.subscribe(({ type }) => void after.push(type));
    await locks.withLock('k', () => {});
    await turns();
    expect(after).toEqual(events.map(({ type }) => type));
    expect(after).toContain('released');
  });

  it('as a watcher does not keep itself or others from what comes next', async () => {
    const { locks } = world().instance();
    let told = 0;
    const each = () => {
      told += 1;
      return misdeed() as void;
    };
    locks.follow({ snapshot: each, changed: each, interrupted: each });
    const { seen, watcher } = states();
    locks.follow(watcher);
    await locks.withLock('k', () => {});
    await world().settle();
    await turns();
    expect([told, seen.length]).toEqual([3, 3]);
  });

  it('as what tells of traces leaves the ticket without one', async () => {
    const { locks } = world().instance();
    locks.traceWith(misdeed as () => undefined);
    const lock = await locks.acquire('k');
    await turns();
    expect((await locks.inspect('k')).holders[0]).not.toHaveProperty('trace');
    await lock.release();
  });
});

describe('what is shown to several', () => {
  it('as an event cannot be rewritten by one of them', async () => {
    const { locks } = world().instance();
    locks.subscribe((event) => {
      Object.assign(event, { key: 'rewritten', type: 'gone' });
    });
    const seen: LockEvent[] = [];
    locks.subscribe((event) => seen.push(event));
    await locks.withLock('k', () => {});
    const keys = seen.flatMap((event) => ('key' in event ? [event.key] : []));
    expect(keys).toEqual(['k', 'k', 'k']);
    expect(seen.every((event) => Object.isFrozen(event))).toBe(true);
  });

  it('as a ticket cannot be rewritten by one of them, metadata included', async () => {
    const { locks } = world().instance();
    const metadata = { n: 1, nested: { list: [{ n: 1 }] } };
    const lock = await locks.acquire('k', { metadata });
    const first = states();
    const second = states();
    locks.follow(first.watcher);
    await world().settle();
    const [ticket] = first.seen[0]![0]!.holders;
    const shown = ticket!.metadata as typeof metadata;
    for (const part of [ticket, shown, shown.nested, shown.nested.list[0]]) {
      expect(() => Object.assign(part!, { n: 99 })).toThrow(TypeError);
    }
    locks.follow(second.watcher);
    await world().settle();
    expect(second.seen[0]![0]!.holders[0]!.metadata).toEqual(metadata);
    const looked = [await locks.inspect('k'), (await locks.list())[0]!];
    for (const { holders } of looked) {
      expect(Object.isFrozen(holders[0]!.metadata)).toBe(true);
    }
    await lock.release();
  });

  it('as a list is of each one’s own', async () => {
    const { locks } = world().instance();
    await world().queueUp(1);
    const [first, second] = [states(), states()];
    locks.follow(first.watcher);
    locks.follow(second.watcher);
    await world().settle();
    (first.seen[0] as LockState[]).length = 0;
    expect(second.seen[0]).toHaveLength(1);
  });
});

describe('what cannot be called', () => {
  it.each<[string, (locks: ReturnType<typeof locksOf>) => unknown]>([
    ['listener', (locks) => locks.subscribe(undefined as never)],
    ['teller of traces', (locks) => locks.traceWith('x' as never)],
    ['watcher', (locks) => locks.follow(undefined as never)],
    ['watcher of changes', (l) => l.follow({ snapshot() {} } as never)],
  ])('is refused as a %s at the call', (_, act) => {
    expect(() => act(locksOf())).toThrow(
      expect.objectContaining({ code: 'LOCK_CONFIGURATION' }),
    );
  });

  const locksOf = () => world().instance().locks;

  it('as a key that is still promised is refused, and its rejection handled', async () => {
    const { locks } = world().instance();
    const key = async () => fail();
    await expect(locks.acquire(key() as never)).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
      message: expect.stringContaining('a promise of one: await it first'),
    });
    await turns();
  });
});

describe('Observers', () => {
  const event = { type: 'background-failure', at: 1, error: new Error() };

  it('tell nobody who came or went while they tell', () => {
    const observers = new Observers();
    const told: string[] = [];
    const stop = observers.add(() => {
      told.push('first');
      stop();
      observers.add(() => void told.push('late'));
    });
    observers.add(() => void told.push('second'));
    observers.tell(event as LockEvent);
    expect(told).toEqual(['first', 'second']);
    observers.tell({ ...event } as LockEvent);
    expect(told).toEqual(['first', 'second', 'second', 'late']);
  });

  it('call a function twice that was added twice, and once after one was taken back', () => {
    const observers = new Observers();
    let calls = 0;
    const listener = () => void (calls += 1);
    const stop = observers.add(listener);
    observers.add(listener);
    observers.tell(event as LockEvent);
    stop();
    stop();
    observers.tell({ ...event } as LockEvent);
    expect(calls).toBe(3);
    expect(observers.present).toBe(true);
  });
});
