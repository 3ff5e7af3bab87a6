import { clientContext } from '../support/client-context.js';
import { describe, expect, it } from 'vitest';
import { Acquisition } from '../../../lib/core/queue/acquisition.js';
import { Hold } from '../../../lib/core/acquire/hold.js';
import type { UntimedLockEvent } from '../../../lib/core/api/lock-events.js';
import { SessionPool } from '../../../lib/core/session/session-pool.js';
import { MemoryStore } from '../../../lib/memory/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

const lockMode = { mode: 'exclusive' } as const;

async function setUp() {
  const clock = new ManualClock();
  const store = new MemoryStore({ clock });
  const events: UntimedLockEvent[] = [];
  const context = clientContext(store, clock, (event) => events.push(event));
  const pool = new SessionPool(context);
  const session = await pool.sharedFor(15_000).live();
  const newAcquisition = (...prefixes: string[]) =>
    new Acquisition(context, session, {
      prefixes,
      lockMode: lockMode,
      value: '',
      keeps: false,
      onGone() {},
    });
  return { clock, context, session, newAcquisition, events };
}

const terms = {
  call: 1,
  template: undefined,
  lockMode,
  key: 'k',
  keys: ['k'],
  minHoldMs: 0,
  maxHoldMs: Infinity,
  keepMs: 0,
};

describe('Acquisition', () => {
  it('has nothing to do on a session that is over when it begins', async () => {
    const { session, newAcquisition } = await setUp();
    session.leaseIsGone();
    const acquisition = newAcquisition('locks/k/');
    expect(await acquisition.enter(() => {})).toEqual({ why: 'session-over' });
    acquisition.remove();
    expect(await acquisition.removed).toBe('removed');
  });

  it('tells whoever begins to hold it that it has ended meanwhile', async () => {
    const { session, newAcquisition, context, events } = await setUp();
    const acquisition = newAcquisition('locks/k/');
    expect(await acquisition.enter(() => {})).toEqual({ why: 'admitted' });
    session.leaseIsGone();
    const hold = new Hold(context, acquisition, terms, {
      holdOver: () => false,
    });
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
    const { newAcquisition } = await setUp();
    const acquisition = newAcquisition('locks/k/');
    acquisition.remove();
    acquisition.remove();
    expect(await acquisition.removed).toBe('removed');
    expect(acquisition.queued).toBe(false);
  });

  it('owns several keys from the revision at which the last became its own', async () => {
    const { clock, newAcquisition } = await setUp();
    const first = newAcquisition('locks/a/');
    await first.enter(() => {});
    const both = newAcquisition('locks/a/', 'locks/b/');
    const outcome = both.enter(() => {});
    await clock.advance(0);
    expect(both.aheadCount).toBe(1);
    first.remove();
    expect(await outcome).toEqual({ why: 'admitted' });
    const [ticket] = both.tickets;
    expect(both.fencingToken).toBeGreaterThan(ticket!.createRevision);
    both.remove();
    expect(await both.removed).toBe('removed');
  });

  it('does not take one of its tickets for all of them', async () => {
    const { clock, context, newAcquisition } = await setUp();
    const acquisition = newAcquisition('locks/a/', 'locks/b/');
    await acquisition.enter(() => {});
    const { name } = acquisition.tickets[1]!;
    await context.store.transact(
      {
        compare: [],
        success: [{ kind: 'delete', range: { key: name } }],
        failure: [],
      },
      { timeoutMs: 1 },
    );
    await clock.advance(0);
    acquisition.remove();
    expect(await acquisition.removed).toBe('was-gone');
    const { count } = await context.store.read(
      { kind: 'range', range: { key: 'locks/', end: 'locks0' } },
      { timeoutMs: 1 },
    );
    expect(count).toBe(0);
  });
});
