import type { LockState } from '../core/index.js';
import { encodeKey } from '../core/internal.js';
import { printable } from './printable.js';

/**
 * The key of a lock or, where no key leads to it, as with `etcdctl lock locks/order:42`, its name
 * in etcd.
 */
export function nameOf({ key, etcdName }: LockState): string {
  const found = key !== '' && etcdName.endsWith(`/${encodeKey(key)}/`);
  return printable(found ? key : etcdName);
}
