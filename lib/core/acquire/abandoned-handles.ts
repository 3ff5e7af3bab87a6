import type { Clock } from '../time/clock.js';
import type { Hold } from './hold.js';
import type { LockHandle } from './lock-handle.js';

/**
 * A handle is left to the garbage collector this late: one that is released before, as nearly all are,
 * costs no more than its place in a set.
 */
const AGE_MS = 5_000;

/** What is kept of a handle. Nothing of it may lead back to the handle, or it is kept too. */
interface Custody {
  readonly hold: Hold;
  readonly tell: (hold: Hold) => void;
}

const told = new WeakSet<Hold>();

const registry = new FinalizationRegistry<Custody>(({ hold, tell }) => {
  if (!hold.active || told.has(hold)) return;
  told.add(hold);
  tell(hold);
});

/** Notices handles that are dropped though nobody released them. */
export class AbandonedHandles {
  private readonly young = new Set<LockHandle>();
  private stopTimer: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** Hears of the hold, once, when a handle on it is collected that was not released. */
    private readonly tell: (hold: Hold) => void,
  ) {}

  watch(handle: LockHandle): void {
    handle.onGivenBack = this.forget;
    this.young.add(handle);
    this.stopTimer ??= this.clock.setTimer(AGE_MS, () => this.letGo());
  }

  end(): void {
    this.stopTimer?.();
    this.stopTimer = undefined;
    this.young.clear();
  }

  private readonly forget = (handle: LockHandle): void => {
    if (!this.young.delete(handle)) registry.unregister(handle);
  };

  private letGo(): void {
    const { tell } = this;
    this.stopTimer = undefined;
    for (const handle of this.young) {
      registry.register(handle, { hold: handle.hold, tell }, handle);
    }
    this.young.clear();
  }
}
