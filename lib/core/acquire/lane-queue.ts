import type { Acquisition } from '../queue/acquisition.js';
import type { AcquireCall } from './acquire-call.js';
import type { Lane } from './lane.js';

/** The queue whose callers a lane serves. */
export interface LaneQueue {
  /** The next caller that is this lane's to serve. */
  next(lane: Lane): AcquireCall | undefined;
  /** The next caller who may inherit a place in etcd: one who tries does not wait there. */
  heir(): AcquireCall | undefined;
  /** Those who may share the ticket by which a lane was just admitted. */
  admitted(lane: Lane): readonly AcquireCall[];
  /** A lane's ticket waits in etcd for its turn. */
  queued(lane: Lane): void;
  /** Those who are answered as `call` is. */
  alike(call: AcquireCall): readonly AcquireCall[];
  /** Those whom no lane serves yet. */
  all(): readonly AcquireCall[];
  /** Whether there is nobody whom no lane serves yet. */
  readonly empty: boolean;
  /** Takes out one of those, if it is still there. */
  withdraw(call: AcquireCall): boolean;
  releases(acquisition: Acquisition): void;
  /** Nothing is left of an acquisition of one of its lanes. */
  readonly onGone: (acquisition: Acquisition) => void;
  /** Resolves when what this process has released is out of the way. */
  settled(): Promise<unknown>;
}
