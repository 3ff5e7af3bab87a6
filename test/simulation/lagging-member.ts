import type {
  KeyRange,
  RangeOperation,
  RangeReply,
  StoredKey,
  WatchEvent,
} from '../../lib/core/index.js';
import { withoutContent } from '../../lib/memory/range-query.js';

type Batch = readonly WatchEvent[];

/** A member of the cluster that is behind: it answers from what it has, and says how old that is. */
export class LaggingMember {
  private readonly log: Batch[] = [];
  private readonly keys = new Map<string, StoredKey>();
  private applied = 0;
  private revision = 1n;

  /** The cluster changed; this member does not know it yet. */
  record(batch: Batch): void {
    this.log.push(batch);
  }

  /** Catches up until it is at most `lag` changes behind. It never falls back. */
  read(
    { range, keysOnly }: RangeOperation,
    lag: number,
  ): RangeReply & { readonly revision: bigint } {
    while (this.applied < this.log.length - lag) this.applyNext();
    const keys = [...this.keys.values()]
      .filter(({ key }) => isWithin(range, key))
      .sort((one, other) => Number(one.createRevision - other.createRevision))
      .map((stored) => (keysOnly ? withoutContent(stored) : stored));
    return { kind: 'range', keys, count: keys.length, revision: this.revision };
  }

  /** What a watch hears that began `lag` changes ago: the revision before that, and what followed. */
  replay(
    range: KeyRange,
    deletesOnly: boolean,
    lag: number,
  ): { readonly since: bigint; readonly batches: readonly Batch[] } {
    const start = Math.max(0, this.log.length - lag);
    const since = start === 0 ? 1n : revisionOf(this.log[start - 1]!);
    const batches = this.log
      .slice(start)
      .map((batch) =>
        batch.filter(
          (event) =>
            !(deletesOnly && event.kind === 'put') &&
            isWithin(
              range,
              event.kind === 'put' ? event.stored.key : event.key,
            ),
        ),
      )
      .filter((batch) => batch.length > 0);
    return { since, batches };
  }

  private applyNext(): void {
    const batch = this.log[this.applied++]!;
    for (const event of batch) {
      if (event.kind === 'put') this.keys.set(event.stored.key, event.stored);
      else this.keys.delete(event.key);
    }
    this.revision = revisionOf(batch);
  }
}

function revisionOf(batch: Batch): bigint {
  const event = batch[0]!;
  return event.kind === 'put' ? event.stored.modRevision : event.modRevision;
}

function isWithin({ key, end }: KeyRange, candidate: string): boolean {
  return end === undefined
    ? candidate === key
    : key <= candidate && candidate < end;
}
