import { describe, expect, it } from 'vitest';
import type { LockMetadata } from '../../../lib/core/index.js';
import { lockInContext } from '../../../lib/core/internal.js';
import { follow } from '../support/follow.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

/** Metadata that goes wrong after it was handed in, each in its own way. */
const SPOILT: Record<string, () => [LockMetadata, spoil: () => void]> = {
  'becomes what JSON cannot say': () => {
    const metadata: Record<string, unknown> = { job: 1 };
    return [metadata, () => (metadata['id'] = 1n)];
  },
  'comes to contain itself': () => {
    const metadata: Record<string, unknown> = { job: 1 };
    return [metadata, () => (metadata['self'] = metadata)];
  },
  'grows beyond its limit': () => {
    const metadata: Record<string, unknown> = { job: 1 };
    return [metadata, () => (metadata['big'] = 'y'.repeat(3e6))];
  },
  'has a toJSON that throws the second time': () => {
    let asked = 0;
    const toJSON = () => {
      asked += 1;
      if (asked > 1) throw new Error('the second time');
      return { job: 1 };
    };
    return [{ toJSON }, () => {}];
  },
  'has a getter that throws the second time': () => {
    let asked = 0;
    const metadata = {
      get job() {
        asked += 1;
        if (asked > 1) throw new Error('the second time');
        return 1;
      },
    };
    return [metadata, () => {}];
  },
};

describe('an array of keys', () => {
  it('that grows while the lock is held adds nothing to the lock', async () => {
    await world().queueUp(1, 'b');
    const { locks } = world().instance();
    const keys = ['a'];
    const seen = locks.withLock(keys, async (lock) => {
      keys.push('b');
      const inner = await locks.tryAcquire('b');
      return { keys: lock.keys, inner, context: lockInContext('b') };
    });
    expect(await world().outcome(seen)).toEqual({
      keys: ['a'],
      inner: null,
      context: undefined,
    });
  });

  it('that shrinks while the lock is held takes nothing from it', async () => {
    const { locks } = world().instance();
    const keys = ['a', 'b'];
    const inner = locks.withLock(keys, async () => {
      keys.length = 0;
      return locks.withLock('b', ({ held }) => held);
    });
    expect(await world().outcome(inner)).toBe(true);
  });

  it('that changes while its caller waits changes nothing of what is waited for', async () => {
    const [holder] = await world().queueUp(1, 'a');
    const { locks } = world().instance();
    const keys = ['a', 'b'];
    const call = follow(locks.acquire(keys));
    keys.reverse();
    keys.push('c');
    await holder!.lock.release();
    await world().settle();
    expect(call.value?.keys).toEqual(['a', 'b']);
    expect(await world().tickets('c')).toEqual([]);
  });

  it('that names one key twice is a lock on that key', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire(['a', 'a']);
    expect(lock).toMatchObject({ key: 'a', keys: ['a'], held: true });
    expect(await world().tickets('a')).toHaveLength(1);
    await lock.release();
    expect(await world().tickets('a')).toEqual([]);
  });

  it('is not what the handle shows: that cannot be written to', async () => {
    const { locks } = world().instance();
    const lock = await locks.acquire(['p', 'q']);
    expect(() => (lock.keys as string[]).push('z')).toThrow(TypeError);
    expect(lock.keys).toEqual(['p', 'q']);
  });
});

describe.each(Object.entries(SPOILT))(
  'metadata that %s after the call',
  (_, handedIn) => {
    it('fails nobody, neither its caller nor others of the key', async () => {
      const { locks } = world().instance();
      const held = await locks.acquire('k');
      const [metadata, spoil] = handedIn();
      const calls = [
        follow(locks.acquire('k')),
        follow(locks.acquire('k', { metadata })),
        follow(locks.acquire('k')),
      ];
      spoil();
      await held.release();
      const shown: unknown[] = [];
      for (const call of calls) {
        await world().settle();
        expect(call).toMatchObject({ state: 'resolved' });
        shown.push((await locks.inspect('k')).holders[0]!.metadata);
        await call.value!.release();
      }
      expect(shown).toEqual([undefined, { job: 1 }, undefined]);
    });
  },
);

describe('a trace that is no text', () => {
  it('is left out of the ticket, and fails nobody', async () => {
    const { locks } = world().instance();
    let asked = 0;
    const toJSON = () => {
      asked += 1;
      throw new Error('of the trace');
    };
    locks.traceWith(() => ({ toJSON }) as never);
    const lock = await locks.acquire('k');
    expect((await locks.inspect('k')).holders[0]!.trace).toBeUndefined();
    expect(asked).toBe(0);
    await lock.release();
  });
});
