import type { LockState, LockWatcher } from '../core/index.js';
import { HoldHistory } from './hold-history.js';
import { sameTicket, shownLock, type Sighting } from './shown-lock.js';
import type { ShownLock } from './wire.js';

/** All locks as they were last seen: the one picture that every viewer is shown. */
export class BoardPicture implements LockWatcher {
  readonly locks = new Map<string, ShownLock>();
  readonly history = new HoldHistory();
  /** Whether all locks were read, and what happened since was heard. */
  whole = false;
  /** Why not, if it is known. */
  trouble: string | undefined;

  /** `touched` hears which locks changed, appeared or went. */
  constructor(private readonly touched: (ids: readonly string[]) => void) {}

  snapshot(states: readonly LockState[], revision: bigint): void {
    const sighting: Sighting = { at: Date.now(), revision, kind: 'snapshot' };
    const present = new Set(states.map(({ etcdName }) => etcdName));
    const gone = [...this.locks.keys()].filter((id) => !present.has(id));
    for (const id of gone) this.remove(id, this.blindSince(sighting.at));
    for (const state of states) this.put(state, sighting);
    this.history.seeingFrom(sighting.at);
    this.whole = true;
    this.trouble = undefined;
    this.touched([...gone, ...present]);
  }

  changed(states: readonly LockState[], revision: bigint): void {
    const sighting: Sighting = { at: Date.now(), revision, kind: 'change' };
    for (const state of states) this.put(state, sighting);
    this.touched(states.map(({ etcdName }) => etcdName));
  }

  interrupted(error: Error): void {
    this.whole = false;
    this.trouble = error.message;
    this.history.blindFrom(Date.now());
  }

  /** Nobody looks any more. What was seen of the past is kept. */
  leave(): void {
    const now = Date.now();
    this.history.blindFrom(now);
    for (const id of this.locks.keys()) this.remove(id, now);
    this.whole = false;
    this.trouble = undefined;
  }

  private put(state: LockState, sighting: Sighting): void {
    const id = state.etcdName;
    const before = this.locks.get(id);
    const after = shownLock(state, before, sighting);
    const ended =
      sighting.kind === 'change' ? sighting.at : this.blindSince(sighting.at);
    for (const holder of before?.holders ?? []) {
      if (after.holders.some((other) => sameTicket(other, holder))) continue;
      this.history.ended(id, holder, ended);
    }
    if (after.holding + after.waiting === 0) this.locks.delete(id);
    else this.locks.set(id, after);
  }

  private remove(id: string, at: number): void {
    for (const holder of this.locks.get(id)?.holders ?? []) {
      this.history.ended(id, holder, at);
    }
    this.locks.delete(id);
  }

  /** What ended while nothing was heard is shown only as far as it was seen. */
  private blindSince(now: number): number {
    const gap = this.history.gaps.at(-1);
    return gap !== undefined && gap.to === undefined ? gap.from : now;
  }
}
