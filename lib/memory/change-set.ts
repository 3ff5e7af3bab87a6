import type {
  LeaseId,
  OperationReply,
  Revision,
  WatchEvent,
} from '../core/index.js';
import type { KeySpace } from './key-space.js';
import type { LeaseTable } from './lease-table.js';
import { queryRange } from './range-query.js';
import type { Put, Step, TransactionPlan } from './transaction-plan.js';

/** Everything that happens at one revision. */
export class ChangeSet {
  readonly events: WatchEvent[] = [];

  constructor(
    private readonly revision: Revision,
    private readonly keys: KeySpace,
    private readonly leases: LeaseTable,
  ) {}

  run({ steps }: TransactionPlan): OperationReply[] {
    return steps.map((step) => this.runStep(step));
  }

  remove(key: string): void {
    const before = this.keys.get(key);
    if (before === undefined) return;
    this.leases.detach(before.lease, key);
    this.keys.delete(key);
    this.events.push({ kind: 'delete', key, modRevision: this.revision });
  }

  private runStep(step: Step): OperationReply {
    switch (step.kind) {
      case 'put':
        this.put(step);
        return { kind: 'put' };
      case 'delete': {
        const doomed = this.keys.within(step.range);
        for (const { key } of doomed) this.remove(key);
        return { kind: 'delete', deleted: doomed.length };
      }
      case 'range':
        return queryRange(this.keys, step);
      case 'transaction':
        return {
          kind: 'transaction',
          succeeded: step.plan.succeeded,
          replies: this.run(step.plan),
        };
    }
  }

  private put({ key, value, lease = NO_LEASE }: Put): void {
    const before = this.keys.get(key);
    const stored = {
      key,
      value,
      createRevision: before?.createRevision ?? this.revision,
      modRevision: this.revision,
      version: (before?.version ?? 0n) + 1n,
      lease,
    };
    if (before !== undefined) this.leases.detach(before.lease, key);
    this.leases.attach(lease, key);
    this.keys.set(stored);
    this.events.push({ kind: 'put', stored });
  }
}

const NO_LEASE: LeaseId = 0n;
