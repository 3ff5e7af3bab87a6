import type { Clock } from '../time/clock.js';
import { Backoff } from '../time/backoff.js';
import type { ProcessHold } from '../time/process-hold.js';
import type { GroupCommit } from '../store/group-commit.js';
import type { UntimedLockEvent } from '../api/lock-events.js';
import type { LockStore } from '../store/lock-store.js';
import type { RevisionHistory } from '../store/revision-history.js';
import type { UnansweredCalls } from '../store/unanswered-calls.js';
import type { WatchHub } from '../store/watch-hub.js';

/** What the parts of one client share. */
export interface ClientContext {
  readonly store: LockStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly processHold: ProcessHold;
  readonly history: RevisionHistory;
  readonly unanswered: UnansweredCalls;
  readonly commits: GroupCommit;
  readonly watches: WatchHub;
  readonly namespace: string;
  /** What every ticket says of its owner. */
  readonly signature: string;
  /** How long one call on the store may take. */
  readonly requestTimeoutMs: number;
  /** Whether anybody hears what is emitted. */
  readonly observed: boolean;
  emit(event: UntimedLockEvent): void;
  /** What the ticket of a call says of the trace it belongs to. */
  traceOf(call: number): string | undefined;
}

export function newBackoff({ clock, random }: ClientContext): Backoff {
  return new Backoff(clock, random);
}
