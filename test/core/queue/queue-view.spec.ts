import { describe, expect, it } from 'vitest';
import type { LockMode } from '../../../lib/core/api/lock.js';
import type { StoredKey } from '../../../lib/core/store/lock-store.js';
import { QueueView } from '../../../lib/core/queue/queue-view.js';

const exclusive: LockMode = { mode: 'exclusive' };
const shared: LockMode = { mode: 'shared' };
const permits = (n: number): LockMode => ({ mode: 'permits', permits: n });

function ticket(
  key: string,
  createRevision: bigint,
  lockMode: LockMode = exclusive,
): StoredKey {
  const value = JSON.stringify(lockMode);
  const modRevision = createRevision;
  return { key, value, createRevision, modRevision, version: 1n, lease: 1n };
}

/** The view of `me`, created at revision 20, after a read at revision 20. */
function viewBehind(ahead: readonly StoredKey[], own: LockMode = exclusive) {
  const view = new QueueView('me', own);
  view.snapshot(20n, [...ahead, ticket('me', 20n, own)]);
  return view;
}

describe('QueueView', () => {
  it('is admitted at once when nobody is ahead, with its own revision as token', () => {
    const view = viewBehind([]);
    expect(view.admittedAt).toBe(20n);
    expect(view.createRevision).toBe(20n);
  });

  it('ignores tickets that came later', () => {
    const view = new QueueView('me', exclusive);
    view.snapshot(31n, [ticket('me', 20n), ticket('later', 30n)]);
    expect(view.aheadCount).toBe(0);
    expect(view.admittedAt).toBe(31n);
  });

  it('is admitted by the DELETE of the last ticket ahead, whose revision is its token', () => {
    const view = viewBehind([ticket('a', 10n), ticket('b', 11n)]);
    view.deleted('b', 30n, true);
    expect(view.admittedAt).toBeUndefined();
    view.deleted('a', 31n, true);
    expect(view.admittedAt).toBe(31n);
  });

  it('takes the youngest DELETE it has heard for its token, though a new watch repeats older ones', () => {
    const view = viewBehind([ticket('a', 10n), ticket('b', 11n)]);
    view.deleted('b', 31n, true);
    view.deleted('a', 30n, true);
    expect(view.admittedAt).toBe(31n);
  });

  it('is admitted by a read alone where it may not have heard every DELETE', () => {
    const view = viewBehind([ticket('a', 10n)]);
    view.deleted('a', 30n, false);
    expect(view.admittedAt).toBeUndefined();
    expect(view.nearestBlocker).toBeUndefined();
    view.snapshot(30n, [ticket('me', 20n)]);
    expect(view.admittedAt).toBe(30n);
  });

  it('never changes its token', () => {
    const view = viewBehind([]);
    view.snapshot(50n, [ticket('me', 20n)]);
    view.deleted('other', 60n, true);
    expect(view.admittedAt).toBe(20n);
  });

  it('takes the revision of a read that shows nobody ahead any more as its token', () => {
    const view = viewBehind([ticket('a', 10n)]);
    view.snapshot(40n, [ticket('me', 20n)]);
    expect(view.admittedAt).toBe(40n);
  });

  it('ignores a DELETE that the last read already contains', () => {
    const view = viewBehind([ticket('a', 10n)]);
    view.snapshot(40n, [ticket('a', 35n), ticket('me', 36n)]);
    const reused = new QueueView('me', exclusive);
    reused.snapshot(40n, [ticket('a', 35n), ticket('me', 36n)]);
    reused.deleted('a', 30n, true);
    expect(reused.admittedAt).toBeUndefined();
  });

  it('ignores a read that is older than what it knows', () => {
    const view = viewBehind([ticket('a', 10n), ticket('b', 11n)]);
    view.deleted('b', 30n, true);
    view.snapshot(25n, [ticket('a', 10n), ticket('b', 11n), ticket('me', 20n)]);
    expect(view.aheadCount).toBe(1);
    view.snapshot(19n, []);
    expect(view.ticketPresent).toBe(true);
  });

  it('ignores what it hears before it was ever read', () => {
    const view = new QueueView('me', exclusive);
    view.deleted('me', 10n, true);
    view.snapshot(20n, [ticket('me', 20n)]);
    expect(view.ticketPresent).toBe(true);
  });

  it('learns from a DELETE that its own ticket is gone, and is not admitted after that', () => {
    const view = viewBehind([ticket('a', 10n)]);
    view.deleted('me', 30n, true);
    view.deleted('a', 31n, true);
    expect(view.ticketPresent).toBe(false);
    expect(view.admittedAt).toBeUndefined();
  });

  it('learns from a read that its own ticket is gone', () => {
    const view = viewBehind([]);
    view.snapshot(40n, [ticket('a', 35n)]);
    expect(view.ticketPresent).toBe(false);
  });

  it('does not take a later ticket of the same name for its own', () => {
    const view = viewBehind([ticket('a', 10n)]);
    view.snapshot(40n, [ticket('me', 39n)]);
    expect(view.ticketPresent).toBe(false);
    expect(view.admittedAt).toBeUndefined();
  });

  it('names the last ticket ahead that counts as the one to wait for', () => {
    const queue = [
      ticket('writer', 10n),
      ticket('reader', 11n, shared),
      ticket('other reader', 12n, shared),
    ];
    expect(viewBehind(queue, shared).nearestBlocker).toBe('writer');
    expect(viewBehind(queue, exclusive).nearestBlocker).toBe('other reader');
    expect(viewBehind([], exclusive).nearestBlocker).toBeUndefined();
  });

  it('lets a reader in when the last writer ahead leaves, whatever readers do', () => {
    const view = viewBehind(
      [ticket('r1', 10n, shared), ticket('w', 11n), ticket('r2', 12n, shared)],
      shared,
    );
    view.deleted('r1', 30n, true);
    expect(view.admittedAt).toBeUndefined();
    view.deleted('w', 31n, true);
    expect(view.admittedAt).toBe(31n);
  });

  it('lets a permit in as soon as fewer than all are ahead', () => {
    const three = permits(3);
    const view = viewBehind(
      ['a', 'b', 'c'].map((name, at) => ticket(name, BigInt(10 + at), three)),
      three,
    );
    expect(view.admittedAt).toBeUndefined();
    view.deleted('b', 30n, true);
    expect(view.admittedAt).toBe(30n);
  });

  it('reports a contradiction with a ticket ahead, and none with one behind', () => {
    expect(
      viewBehind([ticket('a', 10n, permits(2))], permits(3)).conflict,
    ).toMatch(/3 permits/);
    const view = new QueueView('me', permits(3));
    view.snapshot(30n, [
      ticket('me', 20n, permits(3)),
      ticket('b', 25n, permits(2)),
    ]);
    expect(view.conflict).toBeUndefined();
  });
});
