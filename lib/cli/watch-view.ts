import type { LockFollower } from '../core/lock-follower.js';

/** How `watch` shows what it hears. */
export interface WatchView extends LockFollower {
  /** Called every second, as ages grow. */
  tick?(): void;
  end?(): void;
}
