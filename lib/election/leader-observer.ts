import {
  type LockState,
  type LockWatcher,
  StoreError,
  type TicketState,
} from '../core/index.js';
import { reportingErrors } from '../core/internal.js';
import type { TroubleListener } from './lead-options.js';

/** Makes of what becomes of a lock what becomes of its leader. */
export class LeaderObserver implements LockWatcher {
  private told: bigint | undefined;
  private first = true;
  /** What etcd refused with last. */
  private refusal: string | undefined;
  private toldRefusal: string | undefined;

  constructor(
    private readonly key: string,
    private readonly listener: (leader: TicketState | undefined) => void,
    private readonly onTrouble: TroubleListener,
  ) {}

  snapshot(locks: readonly LockState[]): void {
    this.refusal = undefined;
    this.toldRefusal = undefined;
    this.look(locks);
  }

  changed(locks: readonly LockState[]): void {
    this.look(locks);
  }

  /**
   * An etcd that is away comes back, and a token that is outdated, or rights that are being changed, are
   * refused once, whatever is refused next. An etcd that goes on to refuse for one reason leaves what was
   * told last standing for good.
   */
  interrupted(error: Error): void {
    const { cause, message } = error;
    if (!(cause instanceof StoreError && cause.refusal)) return;
    const lasts = message === this.refusal;
    this.refusal = message;
    if (!lasts || message === this.toldRefusal) return;
    this.toldRefusal = message;
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
