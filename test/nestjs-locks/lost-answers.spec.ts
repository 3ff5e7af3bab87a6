import { describe, expect, it } from 'vitest';
import { prefixRange } from '../../lib/core/index.js';
import { MemoryCluster } from '../../lib/memory/index.js';
import { EtcdLockStore } from '../../lib/nestjs-locks/index.js';
import { FaultyStore } from '../../lib/testing/faulty-store.js';
import { waitUntil } from '../support/wait-until.js';
import { RecordedLeases } from './recorded-leases.js';

const TTL = 30_000;

function stage() {
  const cluster = new MemoryCluster();
  const leases = new RecordedLeases({ cluster });
  const faults = new FaultyStore(leases);
  const locks = new EtcdLockStore({ store: faults });
  const keys = async () =>
    (await leases.read({ kind: 'range', range: prefixRange('locks/') })).keys;
  return { leases, faults, locks, keys };
}

const notApplied = { code: 'LOCK_STORE', key: 'k', outcome: 'not-applied' };
const unknown = { ...notApplied, outcome: 'unknown' };

describe('acquire', () => {
  it('takes back what it took when the answer is lost', async () => {
    const { faults, locks, keys, leases } = stage();
    faults.loseReplies({ on: 'transact' });
    await expect(locks.acquire('k', 'a', TTL)).rejects.toMatchObject(
      notApplied,
    );
    expect(await keys()).toEqual([]);
    expect(await leases.open()).toEqual([]);
    expect(await locks.acquire('k', 'b', TTL)).toMatchObject({
      acquired: true,
    });
  });

  it('has no effect later, when a request was only late', async () => {
    const { faults, locks, keys } = stage();
    const late = faults.holdRequests({ on: 'transact' });
    await expect(locks.acquire('k', 'a', 2)).rejects.toMatchObject(notApplied);
    late.lift();
    expect(await locks.acquire('k', 'b', TTL)).toMatchObject({
      acquired: true,
    });
    expect(await keys()).toHaveLength(1);
  });

  it('goes on taking it back while nothing answers', async () => {
    const { faults, locks, keys, leases } = stage();
    faults.loseReplies({ on: 'transact' });
    const refusal = faults.refuse({ on: 'revokeLease', times: 3 });
    await expect(locks.acquire('k', 'a', TTL)).rejects.toMatchObject(unknown);
    expect(await keys()).toHaveLength(1);
    await waitUntil(async () => (await keys()).length === 0);
    expect(refusal.hits).toBe(3);
    expect(await leases.open()).toEqual([]);
  });

  it('writes nothing for a key that is busy', async () => {
    const { locks, leases } = stage();
    await locks.acquire('k', 'a', TTL);
    await locks.acquire('k', 'b', TTL);
    expect(leases.granted).toHaveLength(1);
  });
});

describe('renew', () => {
  it('finds out what became of a change of the ttl whose answer is lost', async () => {
    const { faults, locks, keys, leases } = stage();
    await locks.acquire('k', 'a', TTL);
    faults.loseReplies({ on: 'transact' });
    expect(await locks.renew('k', 'a', 2 * TTL)).toBe(true);
    const [ticket] = await keys();
    expect(await leases.open()).toEqual([ticket!.lease]);
    expect(leases.granted.indexOf(ticket!.lease)).toBe(1);
  });

  it('leaves the lock on its lease when nothing answers', async () => {
    const { faults, locks, keys } = stage();
    await locks.acquire('k', 'a', TTL);
    const fault = faults.loseReplies({ on: 'transact', times: Infinity });
    await expect(locks.renew('k', 'a', 2 * TTL)).rejects.toMatchObject(unknown);
    expect(await keys()).toHaveLength(1);
    fault.lift();
    expect(await locks.renew('k', 'a', 2 * TTL)).toBe(true);
  });

  it('does not revive a lock that ended on the way to another ttl', async () => {
    const { faults, locks, keys, leases } = stage();
    await locks.acquire('k', 'a', TTL);
    const late = faults.holdRequests({ on: 'transact' });
    const renewed = locks.renew('k', 'a', 2 * TTL);
    await waitUntil(() => late.hits === 1);
    await leases.revokeLease(leases.granted[0]!);
    late.lift();
    expect(await renewed).toBe(false);
    expect(await keys()).toEqual([]);
    expect(await leases.open()).toEqual([]);
  });

  it('opens no lease when the ttl stays', async () => {
    const { locks, leases } = stage();
    await locks.acquire('k', 'a', TTL);
    expect(await locks.renew('k', 'a', TTL)).toBe(true);
    expect(leases.granted).toHaveLength(1);
  });

  it('tells that the lock was taken away, and ends its lease', async () => {
    const { locks, keys, leases, faults } = stage();
    await locks.acquire('k', 'a', TTL);
    const [ticket] = await keys();
    const waiting = faults.holdRequests({ on: 'keepAlive' });
    const renewed = locks.renew('k', 'a', TTL);
    await waitUntil(() => waiting.hits === 1);
    await leases.transact({
      compare: [],
      success: [{ kind: 'delete', range: { key: ticket!.key } }],
      failure: [],
    });
    waiting.lift();
    expect(await renewed).toBe(false);
    expect(await leases.open()).toEqual([]);
  });
});

describe('release', () => {
  it('leaves alone what came after the lock it was meant for', async () => {
    const { faults, locks, keys, leases } = stage();
    await locks.acquire('k', 'a', TTL);
    const late = faults.holdRequests({ on: 'transact' });
    const released = locks.release('k', 'a');
    await waitUntil(() => late.hits === 1);
    await leases.revokeLease(leases.granted[0]!);
    // Another process.
    await new EtcdLockStore({ store: leases }).acquire('k', 'a', TTL);
    late.lift();
    expect(await released).toBe(false);
    expect(await keys()).toHaveLength(1);
  });

  it('frees the lock through its lease when the answer is lost', async () => {
    const { faults, locks, keys, leases } = stage();
    await locks.acquire('k', 'a', TTL);
    faults.refuse({ on: 'transact' });
    expect(await locks.release('k', 'a')).toBe(true);
    expect(await keys()).toEqual([]);
    expect(await leases.open()).toEqual([]);
  });

  it('keeps nobody waiting for longer than a request, nor for another key', async () => {
    const { faults, locks } = stage();
    await locks.acquire('k', 'a', TTL);
    const late = faults.holdRequests({ on: 'transact' });
    const released = locks.release('k', 'a');
    await waitUntil(() => late.hits === 1);

    expect(await locks.acquire('other', 'b', TTL)).toMatchObject({
      acquired: true,
    });
    expect(await locks.acquire('k', 'b', 1)).toEqual({ acquired: false });
    late.lift();
    expect(await released).toBe(true);
    expect(await locks.acquire('k', 'b', TTL)).toMatchObject({
      acquired: true,
    });
  });

  it('lets others ask again when it failed', async () => {
    const { faults, locks } = stage();
    await locks.acquire('k', 'a', TTL);
    faults.refuse({ on: 'read' });
    const released = locks.release('k', 'a');
    const asked = locks.acquire('k', 'b', TTL);

    await expect(released).rejects.toMatchObject({ code: 'LOCK_STORE' });
    expect(await asked).toEqual({ acquired: false });
  });

  it('goes on in the background while nothing answers', async () => {
    const { faults, locks, keys } = stage();
    await locks.acquire('k', 'a', TTL);
    faults.refuse({ on: 'transact' });
    faults.refuse({ on: 'revokeLease', times: 2 });
    await expect(locks.release('k', 'a')).rejects.toMatchObject(unknown);
    await waitUntil(async () => (await keys()).length === 0);
  });
});

describe('bad input', () => {
  it.each([0, -1, 1.5, NaN, Infinity, '5s' as never])(
    'refuses a ttl of %s before anything is sent',
    async (ttl) => {
      const { locks, leases } = stage();
      await expect(locks.acquire('k', 'a', ttl)).rejects.toMatchObject({
        code: 'LOCK_CONFIGURATION',
      });
      await expect(locks.renew('k', 'a', ttl)).rejects.toMatchObject({
        code: 'LOCK_CONFIGURATION',
      });
      expect(leases.granted).toEqual([]);
    },
  );

  it('refuses keys and owners that are no strings', async () => {
    const { locks } = stage();
    await expect(locks.acquire(42 as never, 'a', 1)).rejects.toThrow(/key/);
    await expect(locks.release('k', undefined as never)).rejects.toThrow(
      /owner/,
    );
  });

  it('refuses options that cannot work', () => {
    expect(() => new EtcdLockStore({ hosts: [] })).toThrow(/no host/);
    expect(
      () => new EtcdLockStore({ hosts: 'localhost:1', namespace: 'a b' }),
    ).toThrow(/namespace/);
    expect(() => new EtcdLockStore({ store: {} as never })).toThrow(/store/);
  });

  it('does not close a store that is not its own, nor does await using', async () => {
    const { locks, leases } = stage();
    {
      await using scoped = locks;
      expect(scoped).toBe(locks);
    }
    expect(await leases.open()).toEqual([]);
    await expect(leases.grantLease(5)).resolves.toBeDefined();
  });
});
