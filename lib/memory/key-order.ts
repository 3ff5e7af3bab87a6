import type { KeyRange } from '../core/index.js';

/** Compares as etcd does: by the bytes of the UTF-8 form. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return rank(unitA) - rank(unitB);
  }
  return a.length - b.length;
}

// Surrogates, which stand for U+10000 and above, come before U+E000 in UTF-16 but after it in UTF-8.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

export function contains({ key, end }: KeyRange, candidate: string): boolean {
  if (end === undefined) return candidate === key;
  return compareKeys(key, candidate) <= 0 && compareKeys(candidate, end) < 0;
}
