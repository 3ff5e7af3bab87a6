import type { Comparison, StoredKey } from '../core/index.js';
import type { KeySpace } from './key-space.js';

type Counters = Pick<StoredKey, 'createRevision' | 'modRevision' | 'version'>;

const ABSENT: Counters = { createRevision: 0n, modRevision: 0n, version: 0n };

export function holds(keySpace: KeySpace, comparison: Comparison): boolean {
  const keys: Counters[] = keySpace.within(comparison.range);
  if (keys.length === 0) return holdsFor(ABSENT, comparison);
  return keys.every((each) => holdsFor(each, comparison));
}

function holdsFor(key: Counters, { target, is, to }: Comparison): boolean {
  const actual = counter(key, target);
  switch (is) {
    case '=':
      return actual === to;
    case '!=':
      return actual !== to;
    case '<':
      return actual < to;
    case '>':
      return actual > to;
  }
}

function counter(key: Counters, target: Comparison['target']): bigint {
  switch (target) {
    case 'create':
      return key.createRevision;
    case 'mod':
      return key.modRevision;
    case 'version':
      return key.version;
  }
}
