import type { KeyRange, StoredKey } from '../core/index.js';
import { compareKeys } from './key-order.js';

/** The current keys, sorted. */
export class KeySpace {
  private readonly stored = new Map<string, StoredKey>();
  private readonly sorted: string[] = [];

  get(key: string): StoredKey | undefined {
    return this.stored.get(key);
  }

  set(stored: StoredKey): void {
    if (!this.stored.has(stored.key)) {
      this.sorted.splice(this.firstAtOrAfter(stored.key), 0, stored.key);
    }
    this.stored.set(stored.key, stored);
  }

  delete(key: string): void {
    if (this.stored.delete(key)) {
      this.sorted.splice(this.firstAtOrAfter(key), 1);
    }
  }

  /** All of it, in key order. */
  all(): readonly StoredKey[] {
    return this.sorted.map((key) => this.stored.get(key)!);
  }

  replaceBy(all: readonly StoredKey[]): void {
    this.stored.clear();
    this.sorted.length = 0;
    for (const stored of all) this.set(stored);
  }

  /** The keys of a range in key order. */
  within({ key, end }: KeyRange): StoredKey[] {
    if (end === undefined) {
      const stored = this.stored.get(key);
      return stored === undefined ? [] : [stored];
    }
    return this.sorted
      .slice(this.firstAtOrAfter(key), this.firstAtOrAfter(end))
      .map((each) => this.stored.get(each)!);
  }

  private firstAtOrAfter(key: string): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.sorted[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
