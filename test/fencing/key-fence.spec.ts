import { beforeEach, describe, expect, it } from 'vitest';
import {
  isLockError,
  type LockStore,
  StoreError,
} from '../../lib/core/index.js';
import { KeyFence } from '../../lib/fencing/index.js';
import { MemoryStore } from '../../lib/memory/index.js';
import { FaultyStore } from '../../lib/testing/faulty-store.js';

const BALANCE = 'account/7';
const CALL = { timeoutMs: 1000 };

const put = (value: string) =>
  ({ success: [{ kind: 'put', key: BALANCE, value }] }) as const;

const stale = (error: unknown) => isLockError(error, 'LOCK_STALE_TOKEN');

describe('KeyFence', () => {
  let store: LockStore;
  let fence: KeyFence;

  beforeEach(() => {
    store = new MemoryStore({});
    fence = new KeyFence(store, 'account/7/fence');
  });

  const balance = async () => {
    const range = { key: BALANCE };
    const { keys } = await store.read({ kind: 'range', range }, CALL);
    return Number(keys[0]?.value ?? 0);
  };

  it('lets the claimant write again and again', async () => {
    const claimed = await fence.claim(5n);

    await claimed.transaction(put('1'));
    await claimed.transaction(put('2'));

    expect(await balance()).toBe(2);
  });

  it('shuts an earlier holder out before the later one has read anything', async () => {
    const first = await fence.claim(5n);
    const readByFirst = await balance();
    const second = await fence.claim(9n);
    const readBySecond = await balance();

    await expect(
      first.transaction(put(`${readByFirst + 10}`)),
    ).rejects.toSatisfy(stale);
    await second.transaction(put(`${readBySecond + 1}`));

    expect(await balance()).toBe(1);
  });

  it.each(['abc', '', '-7', '0x10', '5 ', '1e3', '9'.repeat(41)])(
    'leaves a key alone that holds %j, and names it',
    async (value) => {
      const key = 'account/7/fence';
      const success = [{ kind: 'put', key, value } as const];
      await store.transact({ compare: [], success, failure: [] }, CALL);

      await expect(fence.claim(5n)).rejects.toMatchObject({
        code: 'LOCK_CONFIGURATION',
        key,
        message: expect.stringContaining(`"${key}" of a fence holds no`),
      });
      const { keys } = await store.read(
        { kind: 'range', range: { key } },
        CALL,
      );
      expect(keys[0]!.value).toBe(value);
    },
  );

  it.each([5, '5', undefined, null, -1n, 10n ** 40n])(
    'refuses %s for a token',
    async (token) => {
      await expect(fence.claim(token as bigint)).rejects.toMatchObject({
        code: 'LOCK_CONFIGURATION',
        message: expect.stringContaining('A fencing token is a bigint'),
      });
    },
  );

  it.each<[unknown, unknown, RegExp]>([
    [undefined, 'fence', /must be a store/],
    [new MemoryStore({}), '', /key of a fence .*got ''/],
    [new MemoryStore({}), 7, /key of a fence .*got 7/],
  ])('refuses to be made of %s and %j', (given, key, message) => {
    expect(() => new KeyFence(given as LockStore, key as string)).toThrow(
      message,
    );
  });

  it('refuses a claim with a lower token', async () => {
    await fence.claim(9n);

    await expect(fence.claim(5n)).rejects.toSatisfy(stale);
  });

  it('compares tokens as numbers, not as text', async () => {
    await fence.claim(9n);

    await expect(fence.claim(10n)).resolves.toBeDefined();
  });

  it('reports the outcome of the user’s own comparison', async () => {
    const claimed = await fence.claim(5n);

    const reply = await claimed.transaction({
      compare: [
        { range: { key: BALANCE }, target: 'create', is: '!=', to: 0n },
      ],
      ...put('1'),
    });

    expect(reply.succeeded).toBe(false);
    expect(await balance()).toBe(0);
  });

  it('can be claimed again after a claim whose answer was lost', async () => {
    const faulty = new FaultyStore(store);
    const unsure = new KeyFence(faulty, 'account/7/fence');
    faulty.loseReplies({ on: 'transact', times: 1 });

    await expect(unsure.claim(5n)).rejects.toBeInstanceOf(StoreError);

    const claimed = await unsure.claim(5n);
    await claimed.transaction(put('1'));
    expect(await balance()).toBe(1);
  });
});
