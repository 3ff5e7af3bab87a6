import {
  type LockState,
  type LockWatcher,
  StoreError,
  type TicketState,
} from '../core/index.js';
import { reportingErrors } from '../core/internal.js';
import type { TroubleListener } from './lead-options.js';

/** Whoever is refused more often in a row is refused for good, whatever the reasons. */
const MOST_PASSING_REFUSALS = 5;

/** Makes of what becomes of a lock what becomes of its leader. */
export class LeaderObserver implements LockWatcher {
  private told: bigint | undefined;
  private first = true;
  /** Since all was shown last. */
  private refusals = 0;
  private lastRefusal: string | undefined;
  private readonly toldRefusals = new Set<string>();

  constructor(
    private readonly key: string,
    private readonly listener: (leader: TicketState | undefined) => void,
    private readonly onTrouble: TroubleListener,
  ) {}

  snapshot(locks: readonly LockState[]): void {
    this.refusals = 0;
    this.lastRefusal = undefined;
    this.toldRefusals.clear();
    this.look(locks);
  }

  changed(locks: readonly LockState[]): void {
    this.look(locks);
  }

  /**
   * An etcd that is away comes back. An outdated token is refused once, and so may be a watch while the
   * rights of anybody are changed, so a reason counts when it is given twice in a row. An etcd that goes on
   * to refuse leaves what was told last standing for good.
   */
  interrupted(error: Error): void {
    const { cause, message } = error;
    if (!(cause instanceof StoreError && cause.refusal)) return;
    this.refusals += 1;
    const lasts =
      message === this.lastRefusal || this.refusals > MOST_PASSING_REFUSALS;
    this.lastRefusal = message;
    if (!lasts || this.toldRefusals.has(message)) return;
    this.toldRefusals.add(message);
    this.onTrouble(error);
  }

  private look(locks: readonly LockState[]): void {
    const lock = locks.find(({ key }) => key === this.key);
    const leader = lock?.holders[0];
    const term = leader?.createRevision;
    if (!this.first && term === this.told) return;
    this.first = false;
    this.told = term;
    reportingErrors(this.onTrouble, () => this.listener(leader));
  }
}
