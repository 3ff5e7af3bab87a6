import fc from 'fast-check';
import type { LockMode } from '../../lib/core/api/lock.js';
import type { Revision, StoredKey } from '../../lib/core/store/lock-store.js';
import { isLetIn, type Rule } from '../simulation/ticket-record.js';

/** What happens at one revision: somebody joins, or whoever stands at that place leaves. */
type Change = { readonly joins: Rule } | { readonly leaves: number };

/** One ticket, from beginning to end. */
export interface Member {
  readonly name: string;
  readonly rule: Rule;
  readonly created: Revision;
  /** `undefined` while it stands at the end of the history. */
  deleted: Revision | undefined;
}

const FIRST: Revision = 5n;

/** All that ever happened to one queue. */
export class QueueHistory {
  readonly members: Member[] = [];
  readonly last: Revision;

  constructor(changes: readonly Change[]) {
    let revision = FIRST;
    for (const change of changes) {
      const standing = this.standingAt(revision);
      revision += 1n;
      if ('joins' in change) this.join(change.joins, revision);
      else if (standing.length > 0)
        standing[change.leaves % standing.length]!.deleted = revision;
    }
    this.last = revision;
  }

  standingAt(revision: Revision): Member[] {
    return this.members.filter(
      ({ created, deleted }) =>
        created <= revision && (deleted === undefined || deleted > revision),
    );
  }

  /** Who left at this revision. */
  leftAt(revision: Revision): Member | undefined {
    return this.members.find(({ deleted }) => deleted === revision);
  }

  isLetInAt(revision: Revision, member: Member): boolean {
    const standing = this.standingAt(revision);
    const place = standing.indexOf(member);
    return place >= 0 && isLetIn(standing, place);
  }

  /** What a range over the queue returns. */
  read(revision: Revision): StoredKey[] {
    return this.standingAt(revision).map(({ name, rule, created }) => ({
      key: name,
      value: JSON.stringify(admissionOf(rule)),
      createRevision: created,
      modRevision: created,
      version: 1n,
      lease: 1n,
    }));
  }

  private join(rule: Rule, created: Revision): void {
    const name = `ticket ${this.members.length}`;
    this.members.push({ name, rule, created, deleted: undefined });
  }
}

export function admissionOf({ mode, permits }: Rule): LockMode {
  return mode === 'permits' ? { mode, permits } : { mode };
}

export const rules: fc.Arbitrary<Rule> = fc.oneof(
  fc.constant<Rule>({ mode: 'exclusive', permits: 1 }),
  fc.constant<Rule>({ mode: 'shared', permits: Infinity }),
  fc
    .integer({ min: 1, max: 3 })
    .map((permits): Rule => ({ mode: 'permits', permits })),
);

export const histories: fc.Arbitrary<QueueHistory> = fc
  .array(
    fc.oneof(
      fc.record({ joins: rules }),
      // Mostly the oldest: many tickets come to the head of the queue.
      fc.record({ leaves: fc.oneof(fc.constant(0), fc.nat({ max: 9 })) }),
    ),
    { minLength: 1, maxLength: 30, size: 'max' },
  )
  .map((changes) => new QueueHistory(changes));
