import type { LeaseId, LockStore } from '../../lib/core/store/lock-store.js';
import {
  type BrokenStore,
  call,
  type Defect,
  EVERYTHING,
  retellingKeys,
  rewriting,
} from './broken-store.js';

export const brokenLeases: Readonly<Record<string, BrokenStore>> = {
  'grants shorter leases than asked for': {
    caughtBy: 'grants a lease that lasts at least as long as asked',
    defect: (store) => ({
      grantLease: (seconds, options) =>
        store.grantLease(Math.min(seconds, 600), options),
    }),
  },
  'gives all clients one lease': {
    caughtBy: 'gives every lease an id of its own, whoever asks',
    defect: (
      store,
      shared: { lease?: ReturnType<LockStore['grantLease']> },
    ) => ({
      grantLease: (seconds, options) =>
        (shared.lease ??= store.grantLease(seconds, options)),
    }),
  },
  'rounds lease ids to a number': {
    caughtBy:
      'gives back the id of the lease that a key is attached to, digit by digit',
    defect: retellingKeys((key) => ({
      ...key,
      lease: BigInt(Number(key.lease)),
    })),
  },
  'promises seconds as if they were milliseconds': {
    caughtBy: 'renews a lease to its time to live',
    defect: (store) => ({
      async keepAlive(lease, options) {
        const promised = await store.keepAlive(lease, options);
        return promised === 'gone' ? promised : promised / 1000;
      },
    }),
  },
  'renews a lease when asked how long it has left': {
    caughtBy:
      'tells how long a lease has left, to whoever asks, and does not renew it',
    defect: (store) => ({
      timeToLive: (lease, options) => store.keepAlive(lease, options),
    }),
  },
  'names all keys that were ever attached to a lease': {
    caughtBy: 'names the keys that are attached to a lease, and no others',
    defect: (store, shared: { named?: Set<string> }) => ({
      async attachedKeys(lease, options) {
        const { keys } = await store.read(
          { kind: 'range', range: EVERYTHING },
          options,
        );
        const named = (shared.named ??= new Set());
        for (const { key } of keys) named.add(key);
        return { keys: [...named], revision: 1n };
      },
    }),
  },
  'renews leases that are gone': {
    caughtBy: 'answers the keep-alive of a lease that is gone with gone',
    defect: (store) => ({
      async keepAlive(lease, options) {
        const promised = await store.keepAlive(lease, options);
        return promised === 'gone' ? 60_000 : promised;
      },
    }),
  },
  'revokes leases but leaves their keys': {
    caughtBy:
      'deletes all keys of a revoked lease at one revision, and no others',
    defect: () => ({ revokeLease: async () => {} }),
  },
  'deletes the keys of a lease one by one': {
    caughtBy:
      'deletes all keys of a revoked lease at one revision, and no others',
    defect: (store) => ({
      async revokeLease(lease, options) {
        for (const key of await keysOf(store, lease)) {
          const removal = { kind: 'delete', range: { key } } as const;
          await store.transact(
            { compare: [], success: [removal], failure: [] },
            options,
          );
        }
        await store.revokeLease(lease, options);
      },
    }),
  },
  'fails to revoke what is revoked': {
    caughtBy: 'takes the revocation of a lease that is gone as success',
    defect: (store) => ({
      async revokeLease(lease, options) {
        const left = await store.keepAlive(lease, options);
        if (left === 'gone') throw new Error('requested lease not found');
        await store.revokeLease(lease, options);
      },
    }),
  },
  'puts without a lease when the lease is gone': {
    caughtBy:
      'refuses a transaction that puts under a lease that is gone, and applies nothing',
    defect: (store) => ({
      async transact(asked, options) {
        try {
          return await store.transact(asked, options);
        } catch {
          const success = asked.success.map((operation) =>
            operation.kind === 'put' ? { ...operation, lease: 0n } : operation,
          );
          return store.transact({ ...asked, success }, options);
        }
      },
    }),
  },
  'leaves a key with its first lease': {
    caughtBy:
      'moves a key to the lease of its last put, with its create revision',
    defect: keepingLeases((first, next) => (next === undefined ? 0n : first)),
  },
  'keeps the lease of a key that is put without one': {
    caughtBy: 'sets a key free of its lease by a put without one',
    defect: keepingLeases((first, next) => next ?? first),
  },
  'remembers the lease of a key beyond its delete': {
    caughtBy: 'forgets the lease of a key that was deleted',
    defect: (store, shared: { everLeased?: Map<LeaseId, Set<string>> }) => {
      const everLeased = (shared.everLeased ??= new Map());
      return {
        transact(asked, options) {
          for (const operation of asked.success) {
            if (operation.kind !== 'put' || !operation.lease) continue;
            const keys = everLeased.get(operation.lease) ?? new Set();
            everLeased.set(operation.lease, keys.add(operation.key));
          }
          return store.transact(asked, options);
        },
        async revokeLease(lease, options) {
          for (const key of everLeased.get(lease) ?? []) {
            const removal = { kind: 'delete', range: { key } } as const;
            await store.transact(
              { compare: [], success: [removal], failure: [] },
              options,
            );
          }
          await store.revokeLease(lease, options);
        },
      };
    },
  },
  'ends its leases when it closes': {
    caughtBy:
      'keeps leases and their keys when the client that made them closes',
    defect: (store) => {
      const granted: LeaseId[] = [];
      return {
        async grantLease(seconds, options) {
          const lease = await store.grantLease(seconds, options);
          granted.push(lease.id);
          return lease;
        },
        async close() {
          const ends = granted.map((lease) => store.revokeLease(lease, call));
          await Promise.allSettled(ends);
          await store.close();
        },
      };
    },
  },
  'ends a lease early': {
    caughtBy: 'ends a lease that nobody renews, not before its time is up',
    defect: (store) => ({
      async grantLease(seconds, options) {
        const lease = await store.grantLease(seconds, options);
        return { ...lease, ttlMs: lease.ttlMs + 100 };
      },
    }),
  },
  'never ends a lease': {
    caughtBy: 'ends a lease that nobody renews, not before its time is up',
    defect: (store) => ({
      async grantLease(seconds, options) {
        const { id } = await store.grantLease(seconds + 3600, options);
        return { id, ttlMs: seconds * 1000 };
      },
    }),
  },
  'acknowledges a keep-alive without renewing the lease': {
    caughtBy: 'counts the time of a lease from its last keep-alive',
    defect: (store) => {
      const promised = new Map<LeaseId, number>();
      return {
        async grantLease(seconds, options) {
          const lease = await store.grantLease(seconds, options);
          promised.set(lease.id, lease.ttlMs);
          return lease;
        },
        keepAlive: async () => 2000,
      };
    },
  },
  'revives a lease that has ended': {
    caughtBy: 'never brings back a lease that has ended',
    defect: (store) => ({
      async keepAlive(lease, options) {
        const promised = await store.keepAlive(lease, options);
        return promised === 'gone' ? 2000 : promised;
      },
    }),
  },
  'ends a moved key with the lease it came from': {
    caughtBy: 'spares a key that moved to a lease that is renewed',
    defect: keepingLeases((first, next) => (next === undefined ? 0n : first)),
  },
};

async function keysOf(store: LockStore, lease: LeaseId): Promise<string[]> {
  const { keys } = await store.read({ kind: 'range', range: EVERYTHING }, call);
  return keys.filter((each) => each.lease === lease).map(({ key }) => key);
}

/** Decides the lease of a put by the lease that the key had first. */
function keepingLeases(
  decide: (first: LeaseId, next: LeaseId | undefined) => LeaseId,
): Defect {
  const first = new WeakMap<object, Map<string, LeaseId>>();
  return (store, shared) => {
    const known = first.get(shared) ?? new Map<string, LeaseId>();
    first.set(shared, known);
    return rewriting((asked) => ({
      ...asked,
      success: asked.success.map((operation) => {
        if (operation.kind !== 'put') return operation;
        const { key, lease } = operation;
        if (lease !== undefined && !known.has(key)) known.set(key, lease);
        return { ...operation, lease: decide(known.get(key) ?? 0n, lease) };
      }),
    }))(store, shared);
  };
}
