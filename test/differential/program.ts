import {
  type Comparison,
  type KeyRange,
  type LeaseId,
  type Operation,
  prefixRange,
  type RangeOperation,
  type Revision,
  type Transaction,
} from '../../lib/core/index.js';
import type { Random } from '../simulation/random.js';

/**
 * One call on a store. A lease is named by its number among those that the program has opened, and
 * a revision by how many changes after the beginning of the program it came; 0 stays 0.
 */
export type Step =
  | { readonly kind: 'grant'; readonly ttlSeconds: number }
  | {
      readonly kind: 'keepAlive' | 'revoke' | 'attached';
      readonly lease: LeaseId;
    }
  | { readonly kind: 'transact'; readonly transaction: Transaction }
  | {
      readonly kind: 'read';
      readonly operation: RangeOperation;
      readonly stale: boolean;
    }
  | {
      readonly kind: 'watch';
      readonly range: KeyRange;
      readonly deletesOnly: boolean;
    }
  | { readonly kind: 'cancel'; readonly watch: number };

/** What has become of the program so far. */
export interface Progress {
  readonly revision: Revision;
  readonly leases: number;
  readonly watches: number;
}

/** Names that UTF-16 orders otherwise than UTF-8 among them, and the beginnings of others. */
const NAMES = ['', 'a', 'a/', 'a/x', 'a0', 'b', 'c', '\uff5e', '\u{1f512}'];
const DEEPEST = 3;

/** Writes random programs, all of whose keys begin with `prefix`. */
export class ProgramWriter {
  private now: Progress = { revision: 0n, leases: 0, watches: 0 };

  constructor(
    private readonly random: Random,
    private readonly prefix: string,
  ) {}

  next(now: Progress): Step {
    this.now = now;
    const { random } = this;
    const kind = random.weighted<Step['kind']>({
      grant: now.leases === 0 ? 100 : 1,
      keepAlive: 1,
      revoke: 2,
      attached: 1,
      watch: 1,
      cancel: now.watches > 0 ? 0.5 : 0,
      read: 8,
      transact: 25,
    })!;
    switch (kind) {
      case 'grant':
        return { kind, ttlSeconds: random.pick([600, 3600, 9_000_000_001]) };
      case 'keepAlive':
      case 'revoke':
      case 'attached':
        return { kind, lease: this.lease() };
      case 'watch':
        return {
          kind,
          range: this.range(),
          deletesOnly: random.chance(0.3),
        };
      case 'cancel':
        return { kind, watch: random.whole(0, now.watches - 1) };
      case 'read':
        return { kind, operation: this.read(), stale: random.chance(0.5) };
      case 'transact':
        return { kind, transaction: this.transaction(0) };
    }
  }

  private transaction(depth: number): Transaction {
    return {
      compare: this.some(2, () => this.comparison()),
      success: this.operations(4, depth),
      failure: this.operations(3, depth),
    };
  }

  private operations(most: number, depth: number): Operation[] {
    const operations = this.some(most, () => this.operation(depth));
    if (!this.random.chance(0.01)) return operations;
    const many = this.random.whole(40, 130);
    const read: Operation = { kind: 'range', range: { key: this.key() } };
    return [...operations, ...Array.from({ length: many }, () => read)];
  }

  private operation(depth: number): Operation {
    const { random } = this;
    const kind = random.weighted<Operation['kind']>({
      put: 4,
      delete: 1,
      range: 2,
      transaction: depth < DEEPEST ? 2 : 0,
    })!;
    switch (kind) {
      case 'put': {
        const value = random.pick(['', 'x', '\u{1f512}\0']);
        const lease = random.chance(0.6) ? this.lease() : undefined;
        return { kind, key: this.key(), value, ...(lease && { lease }) };
      }
      case 'delete':
        return { kind, range: this.range() };
      case 'range':
        return this.read();
      case 'transaction':
        return { kind, transaction: this.transaction(depth + 1) };
    }
  }

  private read(): RangeOperation {
    const { random } = this;
    return {
      kind: 'range',
      range: this.range(),
      ...(random.chance(0.3) && { keysOnly: true }),
      ...(random.chance(0.4) && { limit: random.whole(1, 4) }),
    };
  }

  private comparison(): Comparison {
    const { random } = this;
    const target = random.pick(['create', 'mod', 'version'] as const);
    return {
      range: this.range(),
      target,
      is: random.pick(['=', '!=', '<', '>'] as const),
      to: random.chance(0.3)
        ? 0n
        : target === 'version'
          ? BigInt(random.whole(0, 3))
          : this.revision(),
    };
  }

  /** Mostly one of those at which the keys that stand now were changed. */
  private revision(): Revision {
    const recent = this.now.revision + 2n - BigInt(this.random.whole(0, 12));
    return recent > 1n ? recent : 1n;
  }

  /** Now and then one that was never opened. */
  private lease(): LeaseId {
    return BigInt(this.random.whole(1, this.now.leases + 1));
  }

  private range(): KeyRange {
    if (this.random.chance(0.5)) return { key: this.key() };
    if (this.random.chance(0.2)) return prefixRange(this.prefix);
    const [key, end] = [this.key(), this.key()].sort((one, other) =>
      Buffer.compare(Buffer.from(one), Buffer.from(other)),
    ) as [string, string];
    return key === end ? { key } : { key, end };
  }

  private key(): string {
    const { random, prefix } = this;
    return random.chance(0.004) ? '' : prefix + random.pick(NAMES);
  }

  private some<T>(most: number, one: () => T): T[] {
    return Array.from({ length: this.random.whole(0, most) }, one);
  }
}
