import type { LockState, LockWatcher, TicketState } from '../core/index.js';
import { reportingErrors } from '../core/internal.js';
import type { TroubleListener } from './lead-options.js';

/** Makes of what becomes of a lock what becomes of its leader. */
export class LeaderObserver implements LockWatcher {
  private told: bigint | undefined;
  private first = true;

  constructor(
    private readonly key: string,
    private readonly listener: (leader: TicketState | undefined) => void,
    private readonly onTrouble: TroubleListener,
  ) {}

  snapshot(locks: readonly LockState[]): void {
    this.look(locks);
  }

  changed(locks: readonly LockState[]): void {
    this.look(locks);
  }

  interrupted(): void {}

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
