import type { LockWatcher } from '../core/index.js';

/** How `watch` shows what it hears. */
export interface WatchView extends LockWatcher {
  /** Called every second, as ages grow. */
  tick?(): void;
  end?(): void;
}
