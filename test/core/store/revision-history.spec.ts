import { describe, expect, it } from 'vitest';
import { LockClient, type LockEvent, type LockStore } from 'nestjs-etcd-lock';
import { checkedStore } from '../../../lib/core/options/checked-store.js';
import { RevisionHistory } from '../../../lib/core/store/revision-history.js';
import { Backoff } from '../../../lib/core/time/backoff.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { MemoryCluster, MemoryStore } from '../../../lib/memory/index.js';

const newHistory = (clock = new ManualClock()) =>
  new RevisionHistory(clock, {
    ask: () => Promise.resolve(),
    backoff: () => new Backoff(new ManualClock(), () => 0.5),
  });

function history(clock?: ManualClock) {
  const setbacks: [bigint, bigint][] = [];
  const watched = newHistory(clock);
  watched.onSetback((seen, now) => setbacks.push([seen, now]));
  return { setbacks, asked: () => watched.asked() };
}

describe('a history of revisions', () => {
  it('notices an answer older than what was known when it was asked for', () => {
    const { asked, setbacks } = history();
    asked()({ revision: 7n });
    asked()({ revision: 7n });
    asked()({ revision: 5n });
    expect(setbacks).toEqual([[7n, 5n]]);
  });

  it('does not mind answers that overtake each other', () => {
    const { asked, setbacks } = history();
    const slow = asked();
    asked()({ revision: 9n });
    slow({ revision: 3n });
    expect(setbacks).toEqual([]);
  });

  it('tells each setback once', () => {
    const { asked, setbacks } = history();
    for (const revision of [9n, 3n, 3n, 4n, 2n]) asked()({ revision });
    expect(setbacks).toEqual([
      [9n, 3n],
      [4n, 2n],
    ]);
  });

  it('notices an answer newer than anything that can have happened since', async () => {
    const clock = new ManualClock();
    const { asked, setbacks } = history(clock);
    asked()({ revision: 10n ** 12n });
    asked()({ revision: 10n ** 12n + 100_000n });
    expect(setbacks).toEqual([]);
    asked()({ revision: 10n ** 12n + 200_001n });
    expect(setbacks).toHaveLength(1);
    await clock.advance(60_000);
    asked()({ revision: 10n ** 12n + 200_001n + 6_000_000n });
    expect(setbacks).toHaveLength(1);
  });

  it('passes answers on as they are', () => {
    const reply = { revision: 1n };
    expect(history().asked()(reply)).toBe(reply);
  });
});

/** A store whose data can be replaced by older ones. */
function restorable() {
  let at: LockStore = new MemoryStore();
  const store = new Proxy({} as LockStore, {
    get: (_, name) => {
      const member = at[name as keyof LockStore];
      return typeof member === 'function' ? member.bind(at) : member;
    },
  });
  const restore = () => {
    at = new MemoryStore({ cluster: new MemoryCluster() });
  };
  return { store, restore };
}

describe('a store whose reads may be old', () => {
  it('is not held to them', async () => {
    const { store, restore } = restorable();
    const setbacks: bigint[] = [];
    const noted = newHistory();
    noted.onSetback((_, now) => setbacks.push(now));
    const checked = checkedStore(store, { history: noted });
    const operation = { kind: 'range', range: { key: 'a' } } as const;
    const call = { timeoutMs: 1_000 };
    await checked.transact(
      {
        compare: [],
        success: [{ kind: 'put', key: 'a', value: '' }],
        failure: [],
      },
      call,
    );
    restore();

    await checked.read(operation, { ...call, stale: true });
    expect(setbacks).toEqual([]);
    await checked.read(operation, call);
    expect(setbacks).toEqual([1n]);
  });
});

describe('a client of an etcd that is restored from a backup', () => {
  it('says so, once', async () => {
    const { store, restore } = restorable();
    const locks = new LockClient({ store });
    const events: LockEvent[] = [];
    locks.subscribe((event) => events.push(event));
    for (const key of ['a', 'b', 'c'])
      await (await locks.acquire(key)).release();
    await locks.ping();
    restore();
    await locks.ping();
    await locks.ping();

    const setbacks = events.filter(({ type }) => type === 'revision-went-back');
    expect(setbacks).toHaveLength(1);
    expect(setbacks[0]).toMatchObject({ now: 1n });
    await locks.close();
  });
});
