import { describe, expect, it } from 'vitest';
import { Bid } from '../../lib/core/bid.js';
import { GroupCommit } from '../../lib/core/group-commit.js';
import { Hold } from '../../lib/core/hold.js';
import type { LockEvent } from '../../lib/core/lock-events.js';
import type { Runtime } from '../../lib/core/runtime.js';
import { SessionPool } from '../../lib/core/session-pool.js';
import { signatureOf } from '../../lib/core/ticket.js';
import { WatchHub } from '../../lib/core/watch-hub.js';
import { MemoryStore } from '../../lib/memory/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

const admission = { mode: 'exclusive' } as const;

async function setUp() {
  const clock = new ManualClock();
  const store = new MemoryStore({ clock });
  const random = () => 0.5;
  const events: Omit<LockEvent, 'at'>[] = [];
  const runtime: Runtime = {
    store,
    clock,
    random,
    commits: new GroupCommit(store, 4_500),
    watches: new WatchHub(store, clock, random),
    namespace: 'locks/',
    signature: signatureOf({ host: 'h', pid: 1, instance: '' }),
    requestTimeoutMs: 4_500,
    emit: (event) => events.push(event),
    traceOf: () => undefined,
  };
  const pool = new SessionPool(runtime);
  const session = await pool.sharedFor(15_000).live();
  const newBid = (...prefixes: string[]) =>
    new Bid(runtime, session, { prefixes, admission, value: '' });
  return { clock, runtime, session, newBid, events };
}

const terms = {
  call: 1,
  template: undefined,
  admission,
  key: 'k',
  keys: ['k'],
  minHoldMs: 0,
  maxHoldMs: Infinity,
};

describe('Bid', () => {
  it('has nothing to do on a session that is over when it begins', async () => {
    const { session, newBid } = await setUp();
    session.leaseIsGone();
    const bid = newBid('locks/k/');
    expect(await bid.queue(() => {})).toEqual({ why: 'session-over' });
    bid.leave();
    expect(await bid.departed).toBe('left');
  });

  it('tells whoever begins to hold it that it has ended meanwhile', async () => {
    const { session, newBid, runtime, events } = await setUp();
    const bid = newBid('locks/k/');
    expect(await bid.queue(() => {})).toEqual({ why: 'admitted' });
    session.leaseIsGone();
    const hold = new Hold(runtime, bid, terms);
    expect(hold.active).toBe(false);
    expect(hold.signal.aborted).toBe(true);
    await hold.over;
    expect(events).toContainEqual({
      type: 'lost',
      call: 1,
      key: 'k',
      template: undefined,
      reason: 'session',
      heldMs: 0,
    });
  });

  it('has departed at once when it never entered', async () => {
    const { newBid } = await setUp();
    const bid = newBid('locks/k/');
    bid.leave();
    bid.leave();
    expect(await bid.departed).toBe('left');
    expect(bid.queued).toBe(false);
  });

  it('owns several keys from the revision at which the last became its own', async () => {
    const { clock, newBid } = await setUp();
    const first = newBid('locks/a/');
    await first.queue(() => {});
    const both = newBid('locks/a/', 'locks/b/');
    const verdict = both.queue(() => {});
    await clock.advance(0);
    expect(both.aheadCount).toBe(1);
    first.leave();
    expect(await verdict).toEqual({ why: 'admitted' });
    const [ticket] = both.tickets;
    expect(both.fencingToken).toBeGreaterThan(ticket!.createRevision);
    both.leave();
    expect(await both.departed).toBe('left');
  });

  it('does not take one of its tickets for all of them', async () => {
    const { clock, runtime, newBid } = await setUp();
    const bid = newBid('locks/a/', 'locks/b/');
    await bid.queue(() => {});
    const { name } = bid.tickets[1]!;
    await runtime.store.transact(
      {
        compare: [],
        success: [{ kind: 'delete', range: { key: name } }],
        failure: [],
      },
      { timeoutMs: 1 },
    );
    await clock.advance(0);
    bid.leave();
    expect(await bid.departed).toBe('was-gone');
    const { count } = await runtime.store.read(
      { kind: 'range', range: { key: 'locks/', end: 'locks0' } },
      { timeoutMs: 1 },
    );
    expect(count).toBe(0);
  });
});
