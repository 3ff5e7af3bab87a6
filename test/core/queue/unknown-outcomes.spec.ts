import { describe, expect, it } from 'vitest';
import { StoreError, type Transaction } from '../../../lib/core/index.js';
import { follow } from '../support/follow.js';
import { type Network, refusal } from '../support/network.js';
import { deletes, puts } from '../support/operations.js';
import { refuseEpochs } from '../support/refuse-epochs.js';
import { type Instance, useWorld } from '../support/world.js';

const world = useWorld();

/** Makes `fault` hit every transaction that `concerns`, until the network heals. */
function whenever(
  { traffic, network }: Instance,
  concerns: (transaction: Transaction) => boolean,
  fault: (network: Network) => void,
): void {
  traffic.before = (call) => {
    if (call === 'transact' && concerns(traffic.transactions.at(-1)!))
      fault(network);
  };
}

const leases = ({ traffic }: Instance) => new Set(traffic.leases).size;

describe('a grant of unknown outcome', () => {
  it('is asked for again; the lease nobody knows of carries nothing', async () => {
    const { locks, network, traffic } = world().instance();
    network.loseReplies({ on: 'grantLease', times: 3 });
    const lock = await world().outcome(locks.acquire('k'), 1_000);
    expect(lock.held).toBe(true);
    expect(traffic.count('grantLease')).toBe(4);
  });

  it('that is never answered ends with the wait, and nothing of ours is there', async () => {
    const { locks, network } = world().instance();
    network.holdRequests({ on: 'grantLease', times: Infinity });
    const error = await world().failure(locks.acquire('k'), 10_001);
    expect(error).toMatchObject({
      code: 'LOCK_STORE',
      outcome: 'not-applied',
      cause: { reason: 'timeout' },
    });
    network.heal();
    await world().settle();
    expect(await world().tickets('k')).toEqual([]);
  });

  it('that arrives after the last caller left enters no queue', async () => {
    const holder = world().instance();
    await holder.locks.acquire('k');
    const late = world().instance();
    const held = late.network.holdReplies({ on: 'grantLease' });
    const abort = new AbortController();
    const call = follow(late.locks.acquire('k', { signal: abort.signal }));
    await world().settle();
    abort.abort();
    await world().settle();
    expect(call.state).toBe('rejected');
    held.lift();
    await world().settle();
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it('for a lease of one lock, likewise, and the lease is ended', async () => {
    const late = world().instance();
    const held = late.network.holdReplies({ on: 'grantLease' });
    const abort = new AbortController();
    const call = follow(
      late.locks.acquire('k', { dedicatedLease: true, signal: abort.signal }),
    );
    await world().settle();
    abort.abort();
    held.lift();
    await world().settle();
    expect(call.state).toBe('rejected');
    expect(late.traffic.leases).toHaveLength(1);
    expect(await world().leases()).toEqual([]);
  });
});

describe('an entry of unknown outcome', () => {
  it('is recognised when it is sent again', async () => {
    const { locks, network } = world().instance();
    network.loseReplies({ on: 'transact', times: 2 });
    const lock = await world().outcome(locks.acquire('k'), 1_000);
    expect(await world().tickets('k')).toMatchObject([{ version: 1n }]);
    expect(lock.held).toBe(true);
  });

  it('keeps its place in the queue', async () => {
    const [holder] = await world().queueUp(1);
    const first = world().instance();
    first.network.loseReplies({ on: 'transact' });
    const call = follow(first.locks.acquire('k'));
    await world().settle();
    const [second] = await world().queueUp(1);
    await world().advance(1_000);
    await holder!.lock.release();
    await world().settle();
    expect(call.state).toBe('resolved');
    expect(second!.call.state).toBe('pending');
  });

  it('leaves nothing when its caller gives up, however late a copy arrives', async () => {
    const [holder] = await world().queueUp(1);
    const { locks, network, traffic } = world().instance();
    await locks.acquire('other');
    const entering = network.holdRequests({ on: 'transact' });
    const call = follow(locks.acquire('k', { waitTimeout: '4600ms' }));
    // The first copy is still under way when the second is answered.
    await world().advance(6_000);
    expect(call.error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(await world().tickets('k')).toHaveLength(1);
    entering.lift();
    await world().settle();
    expect(traffic.transactions.filter(puts).length).toBeGreaterThan(2);
    expect(await world().tickets('k')).toHaveLength(1);
    expect(holder!.lock.held).toBe(true);
  });

  it('does not harm others of the process whose copies are put out of action with it', async () => {
    const [holder] = await world().queueUp(1, ['k', 'l']);
    const { locks, network } = world().instance();
    await locks.acquire('other');
    network.loseReplies({ on: 'transact' });
    const abort = new AbortController();
    const leaving = follow(locks.acquire('k', { signal: abort.signal }));
    await world().settle();
    const staying = follow(locks.acquire('l'));
    await world().settle();
    abort.abort();
    await world().advance(100);
    expect(leaving.state).toBe('rejected');
    network.loseReplies({ on: 'transact', times: 2 });
    const later = follow(locks.acquire('m'));
    await world().advance(1_000);
    expect(later.value?.held).toBe(true);
    await holder!.lock.release();
    await world().settle();
    expect(staying.value?.held).toBe(true);
  });

  it('says truthfully that nothing is left when that was confirmed', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('other');
    network.loseReplies({ on: 'transact', times: Infinity });
    const call = follow(locks.acquire('k', { waitTimeout: '1s' }));
    await world().advance(1_000);
    network.heal();
    await world().advance(1_000);
    expect(call.error).toMatchObject({
      code: 'LOCK_STORE',
      outcome: 'not-applied',
    });
    expect(await world().tickets('k')).toEqual([]);
  });

  it('says truthfully that something may be left, and removes it later', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('other');
    network.loseReplies({ on: 'transact', times: Infinity });
    const call = follow(locks.acquire('k', { waitTimeout: '1s' }));
    await world().advance(900);
    expect(await world().tickets('k')).toHaveLength(1);
    network.heal();
    network.refuse({ on: 'transact', times: Infinity });
    await world().advance(1_100);
    expect(call.error).toMatchObject({
      code: 'LOCK_STORE',
      outcome: 'unknown',
    });
    network.heal();
    await world().advance(1_000);
    expect(await world().tickets('k')).toEqual([]);
  });

  it.each(['permission-denied', 'no-space'] as const)(
    'of which etcd will not have late copies put out of action (%s): is left to the lease, and holds nobody up',
    async (reason) => {
      const { locks, network, traffic } = world().instance();
      const other = await locks.acquire('other');
      refuseEpochs(traffic, reason);
      network.loseReplies({ on: 'transact' });
      const abort = new AbortController();
      const call = follow(locks.acquire('k', { signal: abort.signal }));
      await world().settle();
      expect(await world().tickets('k')).toHaveLength(1);
      abort.abort(new Error('gone'));
      await world().advance(500);
      expect(call.error).toMatchObject({ message: 'gone' });
      // What stood was taken out, and the next lock has a lease of its own.
      expect(await world().tickets('k')).toEqual([]);
      const next = await world().outcome(locks.acquire('k'), 500);
      expect(leases({ traffic } as Instance)).toBe(2);
      await next.release();
      expect(await world().outcome(locks.tryAcquire('k'))).not.toBeNull();
      expect(other.held).toBe(true);
    },
  );

  it.each<[StoreError['reason'], 'resolved' | 'rejected']>([
    ['permission-denied', 'rejected'],
    ['no-space', 'resolved'],
  ])(
    'of which etcd will not have late copies put out of action (%s): its release is %s',
    async (reason, state) => {
      const { locks, network, traffic } = world().instance();
      await locks.acquire('other');
      refuseEpochs(traffic, reason);
      network.loseReplies({ on: 'transact' });
      const lock = await world().outcome(locks.acquire('k'), 1_000);
      const released = follow(lock.release());
      await world().settle();
      expect(released.state).toBe(state);
      expect(await world().tickets('k')).toEqual([]);
    },
  );

  it('is a timeout like others once the lease that had it is known to be gone', async () => {
    const [holder] = await world().queueUp(1);
    const { locks, network } = world().instance();
    const call = follow(locks.acquire('k', { ttl: '2s', waitTimeout: '30s' }));
    await world().advance(500);
    network.refuse({ on: 'keepAlive', times: Infinity });
    network.loseReplies({ on: 'revokeLease' });
    await world().advance(4_000);
    network.heal();
    await world().advance(26_000);
    expect(call.error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(holder!.lock.held).toBe(true);
  });

  it('is no timeout when the session ends before late copies are out of action', async () => {
    await world().queueUp(1);
    const { locks, network } = world().instance();
    network.refuse({ on: 'keepAlive', times: Infinity });
    network.loseReplies({ on: 'transact' });
    const call = follow(
      locks.acquire('k', { ttl: '2s', waitTimeout: '1700ms' }),
    );
    await world().advance(1_690);
    const held = network.holdReplies({ on: 'transact' });
    network.loseReplies({ on: 'revokeLease', times: Infinity });
    await world().advance(100);
    held.lift();
    await world().advance(2_000);
    expect(call.error).toMatchObject({
      code: 'LOCK_STORE',
      outcome: 'unknown',
    });
  });

  it('is no timeout when the removal of its ticket cannot be confirmed', async () => {
    await world().queueUp(1);
    const { locks, network } = world().instance();
    const call = follow(locks.acquire('k', { waitTimeout: '2s' }));
    await world().advance(1_000);
    network.holdRequests({ on: 'transact', times: Infinity });
    await world().advance(2_000);
    expect(call.error).toMatchObject({
      code: 'LOCK_STORE',
      outcome: 'unknown',
    });
    network.heal();
    await world().advance(1_000);
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it.each<[StoreError['reason']]>([
    ['permission-denied'],
    ['unauthenticated'],
    ['no-space'],
  ])(
    'is not the case when etcd refuses with %s: everybody hears it',
    async (reason) => {
      const { locks, network } = world().instance();
      const other = await locks.acquire('other');
      network.refuse({ on: 'transact', error: refusal(reason) });
      const calls = [1, 2].map(() => follow(locks.acquire('k')));
      await world().settle();
      for (const { error } of calls) {
        expect(error).toMatchObject({
          code: 'LOCK_STORE',
          outcome: 'not-applied',
          cause: { reason },
        });
      }
      expect(other.held).toBe(true);
    },
  );
});

describe('a try of unknown outcome', () => {
  it('is recognised when it is sent again', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('other');
    network.loseReplies({ on: 'transact' });
    const lock = await world().outcome(locks.tryAcquire('k'), 1_000);
    expect(lock?.held).toBe(true);
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it('still says busy, and leaves nothing', async () => {
    await world().queueUp(1);
    const { locks, network } = world().instance();
    await locks.acquire('other');
    network.loseReplies({ on: 'transact' });
    expect(await world().outcome(locks.tryAcquire('k'), 1_000)).toBeNull();
    expect(await world().tickets('k')).toHaveLength(1);
  });

  it('leaves nothing when a copy arrives after it was given up', async () => {
    const { locks, network } = world().instance();
    await locks.acquire('other');
    const trying = network.holdRequests({ on: 'transact' });
    const error = await world().failure(locks.tryAcquire('k'), 6_000);
    expect(error).toMatchObject({ code: 'LOCK_STORE' });
    await world().advance(1_000);
    trying.lift();
    await world().settle();
    expect(await world().tickets('k')).toEqual([]);
  });

  it('gives its answer to nobody else when it came too late for its caller', async () => {
    const [holder] = await world().queueUp(1);
    const { locks, network } = world().instance();
    await locks.acquire('other');
    network.holdReplies({ on: 'transact' });
    const trying = follow(locks.tryAcquire('k'));
    await world().settle();
    const waiting = follow(locks.acquire('k'));
    await world().advance(5_000);
    expect(trying.error).toMatchObject({ code: 'LOCK_STORE' });
    expect(waiting.error).toBeUndefined();
    await holder!.lock.release();
    await world().settle();
    expect(waiting.value?.held).toBe(true);
  });
});

describe('a try beside a removal', () => {
  it('in one commit puts no late copy out of action, for there is none', async () => {
    const { locks, network } = world().instance();
    const lock = await locks.acquire('k', { mode: 'shared' });
    const first = network.holdReplies({ on: 'transact' });
    const other = follow(locks.acquire('other'));
    await world().settle();
    void lock.release();
    const trying = follow(locks.tryAcquire('k'));
    await world().settle();
    first.lift();
    await world().settle();
    expect(other.state).toBe('resolved');
    expect(trying.value?.held).toBe(true);
    expect(await world().keys('locks/@fence/')).toEqual([]);
  });
});

describe('a session of unknown state', () => {
  it('is one as long as everything is answered', async () => {
    const instance = world().instance();
    for (let round = 0; round < 5; round += 1)
      await (await instance.locks.acquire('k')).release();
    expect(leases(instance)).toBe(1);
    expect(await world().keys('locks/@fence/')).toEqual([]);
  });

  it('is retired when a ticket cannot be removed for longer than a TTL', async () => {
    const instance = world().instance();
    const { locks, network, events } = instance;
    const other = await locks.acquire('other');
    const lock = await locks.acquire('k');
    whenever(instance, deletes, () =>
      network.refuse({ on: 'transact', error: refusal('no-space') }),
    );
    const released = follow(lock.release());
    await world().advance(5_000);
    expect(released.state).toBe('resolved');
    await world().advance(12_000);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'background-failure' }),
    );
    // The other lock is left alone; what comes next is on another lease.
    expect(other.held).toBe(true);
    expect(leases(instance)).toBe(1);
    await locks.acquire('next');
    expect(leases(instance)).toBe(2);
    expect(await world().tickets('k')).toHaveLength(1);
    // The last of its locks takes the lease, and with it the ticket, along.
    void other.release();
    await world().advance(20_000);
    expect(await world().tickets('k')).toEqual([]);
    expect(await world().leases()).toHaveLength(1);
  });
});
