import type { RangeOperation, RangeReply, StoredKey } from '../core/index.js';
import type { KeySpace } from './key-space.js';

export function queryRange(
  keySpace: KeySpace,
  { range, keysOnly, limit, orderBy = 'age' }: RangeOperation,
): RangeReply {
  const all = keySpace.within(range);
  if (orderBy === 'age') all.sort(byCreateRevision);
  // As in etcd, a limit of 0 is none.
  const keys = all.slice(0, limit || undefined);
  return {
    kind: 'range',
    keys: keysOnly ? keys.map(withoutContent) : keys,
    count: all.length,
  };
}

/** As etcd from 3.7 on answers `keysOnly`. */
export function withoutContent(stored: StoredKey): StoredKey {
  return { ...stored, value: '', lease: 0n };
}

function byCreateRevision(a: StoredKey, b: StoredKey): number {
  if (a.createRevision === b.createRevision) return 0;
  return a.createRevision < b.createRevision ? -1 : 1;
}
