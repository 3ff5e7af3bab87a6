import type { LockState } from '../core/index.js';
import { HoldHistory } from './hold-history.js';
import { sameTicket, shownId, shownLock, type Sighting } from './shown-lock.js';
import type { ShownLock } from './wire.js';

/**
 * All locks as they were last seen: the one picture that every viewer is shown. What takes as long
 * as there are many locks is done one lock at a time.
 */
export class BoardPicture {
  readonly locks = new Map<string, ShownLock>();
  readonly history = new HoldHistory();
  /** Whether all locks were read, and what happened since was heard. */
  whole = false;
  /** Why not, if it is known. */
  trouble: string | undefined;

  /** `touched` hears which lock changed, appeared or went. */
  constructor(private readonly touched: (id: string) => void) {}

  *snapshot(
    states: readonly LockState[],
    revision: bigint,
    at: number,
  ): Generator<void> {
    const sighting: Sighting = { at, revision, kind: 'snapshot' };
    const gone = new Set(this.locks.keys());
    for (const state of states) {
      gone.delete(this.put(state, sighting));
      yield;
    }
    for (const id of gone) {
      this.remove(id, this.blindSince(at));
      yield;
    }
    this.history.seeingFrom(at);
    this.whole = true;
    this.trouble = undefined;
  }

  *changed(
    states: readonly LockState[],
    revision: bigint,
    at: number,
  ): Generator<void> {
    const sighting: Sighting = { at, revision, kind: 'change' };
    for (const state of states) {
      this.put(state, sighting);
      yield;
    }
  }

  interrupted(reason: string, at: number): void {
    this.whole = false;
    this.trouble = reason;
    this.history.blindFrom(at);
  }

  /** Nobody looks any more. What was seen of the past is kept. */
  *leave(at: number): Generator<void> {
    this.history.blindFrom(at);
    this.whole = false;
    this.trouble = undefined;
    for (const id of this.locks.keys()) {
      this.remove(id, at);
      yield;
    }
  }

  private put(state: LockState, sighting: Sighting): string {
    const id = shownId(state.etcdName);
    const before = this.locks.get(id);
    const after = shownLock(id, state, before, sighting);
    const ended =
      sighting.kind === 'change' ? sighting.at : this.blindSince(sighting.at);
    for (const holder of before?.holders ?? []) {
      if (after.holders.some((other) => sameTicket(other, holder))) continue;
      this.history.ended(id, holder, ended);
    }
    if (after.holding + after.waiting === 0) this.locks.delete(id);
    else this.locks.set(id, after);
    this.touched(id);
    return id;
  }

  private remove(id: string, at: number): void {
    for (const holder of this.locks.get(id)?.holders ?? []) {
      this.history.ended(id, holder, at);
    }
    this.locks.delete(id);
    this.touched(id);
  }

  /** What ended while nothing was heard is shown only as far as it was seen. */
  private blindSince(now: number): number {
    const gap = this.history.gaps.at(-1);
    return gap !== undefined && gap.to === undefined ? gap.from : now;
  }
}
