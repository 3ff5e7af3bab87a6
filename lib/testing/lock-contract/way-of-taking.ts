import type { AcquireOptions, LockKey } from '../../core/index.js';

/** One of the ways to be alone with a key. */
export interface WayOfTaking {
  /** Completes the sentences of the contract: `'a plain key'`. */
  readonly name: string;
  readonly options?: AcquireOptions;
  /** What is asked for in order to own `key`. @default the key itself */
  readonly keys?: (key: string) => LockKey;
  /** How somebody asks who has to be kept out, but need not be alone. @default the same */
  readonly rival?: AcquireOptions;
  /** Whether the process of the last holder keeps the key, and its next holder has the same token. */
  readonly kept?: true;
}

/** The exclusive lock in all its guises. */
export const waysOfTakingAlone: readonly WayOfTaking[] = [
  { name: 'a plain key' },
  { name: 'a semaphore of one', options: { permits: 1 } },
  {
    name: 'the write side of a shared lock',
    options: { mode: 'exclusive' },
    rival: { mode: 'shared' },
  },
  { name: 'an array of one key', keys: (key) => [key] },
  { name: 'a key among others', keys: (key) => [`${key} too`, key] },
  { name: 'a key with a lease of its own', options: { dedicatedLease: true } },
  { name: 'a key that is kept', options: { keep: '30s' }, kept: true },
];
