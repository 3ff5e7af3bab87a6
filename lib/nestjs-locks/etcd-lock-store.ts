import {
  LockConfigurationError,
  type LockStore,
  prefixRange,
  type StoredKey,
  StoreError,
} from '../core/index.js';
import {
  checkedNamespace,
  checkedStore,
  translateStoreErrors,
} from '../core/internal.js';
import { EtcdStore, type EtcdStoreOptions } from '../etcd/index.js';
import type { EtcdLockStoreOptions } from './etcd-lock-store-options.js';
import { exactName } from './exact-name.js';
import { LeaseEndings } from './lease-endings.js';
import type { LockAcquireResult } from './lock-acquire-result.js';
import { ReleasesUnderWay } from './releases-under-way.js';
import { ttlIn, valueOf } from './store-ticket.js';

const LONGEST_REQUEST_MS = 5_000;
const SHORTEST_REQUEST_MS = 500;
const ATTEMPTS = 3;

/**
 * Keeps the locks of `@nestjs/locks` in etcd. It has the shape of that package's `LockStore` and
 * needs neither the package nor Nest.
 *
 * A key has at most one owner at every revision of etcd, and each acquisition's `fencingToken`, the
 * revision that made it, is greater than all before, also over restarts of etcd; it goes back only
 * if etcd is restored from a backup. Keys and owners are any strings, told apart exactly.
 *
 * Every lock has a lease of its own. etcd counts whole seconds: a `ttl` is rounded up, and raised
 * to etcd's minimum (2 s by default); etcd ends a lease up to a second late, and begins it anew
 * when it changes its leader. So a lock never expires early, but later than a clock of
 * milliseconds would have it.
 *
 * Every method rejects with `LockStoreError` when etcd refuses or does not answer; with
 * `outcome: 'not-applied'` nothing has changed.
 *
 * @example
 * const store = new EtcdLockStore({ hosts: 'http://127.0.0.1:2379' });
 * const taken = await store.acquire('nightly', owner, 30_000);
 * if (taken.acquired) await store.release('nightly', owner);
 * await store.close();
 */
export class EtcdLockStore {
  private readonly store: LockStore;
  private readonly namespace: string;
  private readonly leases: LeaseEndings;
  private readonly releases = new ReleasesUnderWay();
  private readonly ownsStore: boolean;

  /** @throws {LockConfigurationError} for options that cannot work; nothing is connected */
  constructor(options: EtcdLockStoreOptions) {
    const {
      namespace = 'locks/',
      store,
      ...ofEtcd
    }: Partial<EtcdLockStoreOptions & { readonly store: LockStore }> = options;
    this.namespace = checkedNamespace(namespace);
    this.ownsStore = store === undefined;
    this.store = checkedStore(
      store === undefined ? new EtcdStore(ofEtcd as EtcdStoreOptions) : store,
    );
    this.leases = new LeaseEndings(this.store, LONGEST_REQUEST_MS);
  }

  /**
   * Takes the key if nobody has it, the same owner included, and nobody waits for it. Where this
   * store is releasing the key, that is waited for first. The `ttl` in milliseconds counts from the
   * call.
   *
   * An acquisition whose answer was lost is taken back before this rejects. If that cannot be
   * confirmed the outcome is `'unknown'`: it is taken back in the background, or ends with its `ttl`.
   */
  async acquire(
    key: string,
    owner: string,
    ttl: number,
  ): Promise<LockAcquireResult> {
    const { prefix, name } = this.namesOf(key, owner);
    const call = callFor(ttl);
    return translateStoreErrors(key, async () => {
      await this.releases.over(prefix, call.timeoutMs);
      const queue = prefixRange(prefix);
      const { count } = await this.store.read(
        { kind: 'range', range: queue, keysOnly: true, limit: 1 },
        call,
      );
      if (count > 0) return { acquired: false };
      const lease = await this.grant(ttl);
      try {
        const { succeeded, revision } = await this.store.transact(
          {
            compare: [{ range: queue, target: 'create', is: '=', to: 0n }],
            success: [
              {
                kind: 'put',
                key: name,
                value: valueOf(ttl, Date.now()),
                lease,
              },
            ],
            failure: [],
          },
          call,
        );
        if (succeeded) {
          return { acquired: true, fencingToken: Number(revision) };
        }
      } catch (error) {
        throw (await this.leases.end(lease))
          ? withOutcome('not-applied', error)
          : error;
      }
      await this.leases.end(lease);
      return { acquired: false };
    });
  }

  /**
   * Lets the owner's lock last for `ttl` milliseconds from this call, or resolves to `false`: the
   * owner has no lock on the key. With the `ttl` it has, its lease is kept alive; with another one
   * it moves to a new lease, in one transaction.
   *
   * After a rejection the lock stands as long as it did before, or as long as it would have.
   */
  async renew(key: string, owner: string, ttl: number): Promise<boolean> {
    const { name } = this.namesOf(key, owner);
    const call = callFor(ttl);
    return translateStoreErrors(key, async () => {
      for (;;) {
        const seen = await this.find(name, call.timeoutMs);
        if (seen === undefined) return false;
        const renewed =
          ttlIn(seen.value) === ttl
            ? await this.prolong(seen, call.timeoutMs)
            : await this.move(seen, ttl, call.timeoutMs);
        if (renewed !== 'changed') return renewed;
      }
    });
  }

  /**
   * Frees the owner's lock for others at once, and resolves to whether there was one.
   *
   * After a rejection with outcome `'unknown'` it is freed in the background, or by its `ttl`; with
   * `'not-applied'` it stands.
   */
  async release(key: string, owner: string): Promise<boolean> {
    const { prefix, name } = this.namesOf(key, owner);
    const over = this.releases.begin(prefix);
    try {
      return await translateStoreErrors(key, () => this.free(name, over));
    } finally {
      over();
    }
  }

  /** Ends the connection, unless `store` or `client` is yours. Locks stay until their `ttl`. */
  async close(): Promise<void> {
    this.leases.close();
    if (this.ownsStore) await this.store.close();
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** `freed` is called as soon as others can have the lock. */
  private async free(name: string, freed: () => void): Promise<boolean> {
    const seen = await this.find(name, LONGEST_REQUEST_MS);
    if (seen === undefined) return false;
    try {
      const { succeeded } = await this.store.transact(
        {
          compare: [
            {
              range: { key: name },
              target: 'create',
              is: '=',
              to: seen.createRevision,
            },
          ],
          success: [{ kind: 'delete', range: { key: name } }],
          failure: [],
        },
        { timeoutMs: LONGEST_REQUEST_MS },
      );
      freed();
      await this.leases.end(seen.lease);
      return succeeded;
    } catch (error) {
      // The lock ends with its lease, whatever became of the transaction.
      if (await this.leases.end(seen.lease)) return true;
      throw withOutcome('unknown', error);
    }
  }

  private async prolong(
    seen: StoredKey,
    timeoutMs: number,
  ): Promise<boolean | 'changed'> {
    const { key: name, lease, createRevision } = seen;
    if ((await this.store.keepAlive(lease, { timeoutMs })) === 'gone') {
      return 'changed';
    }
    const now = await this.find(name, timeoutMs);
    if (now?.createRevision !== createRevision) {
      // Taken away by an operator: its lease is left.
      await this.leases.end(lease);
      return false;
    }
    return now.lease === lease || 'changed';
  }

  private async move(
    seen: StoredKey,
    ttl: number,
    timeoutMs: number,
  ): Promise<boolean | 'changed'> {
    const lease = await this.grant(ttl);
    const moved = await this.moveTo(lease, seen, ttl, timeoutMs);
    await this.leases.end(moved ? seen.lease : lease);
    return moved || 'changed';
  }

  /** Late copies do nothing: the first one that etcd sees changes what they compare. */
  private async moveTo(
    lease: bigint,
    seen: StoredKey,
    ttl: number,
    timeoutMs: number,
  ): Promise<boolean> {
    const range = { key: seen.key };
    const value = valueOf(ttl, Date.now());
    for (let attempt = 1; ; attempt++) {
      try {
        const { succeeded, replies } = await this.store.transact(
          {
            compare: [{ range, target: 'mod', is: '=', to: seen.modRevision }],
            success: [{ kind: 'put', key: seen.key, value, lease }],
            failure: [{ kind: 'range', range }],
          },
          { timeoutMs },
        );
        if (succeeded) return true;
        const [now] = replies;
        return now?.kind === 'range' && now.keys[0]?.lease === lease;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.outcome === 'not-applied' && attempt === 1) {
          await this.leases.end(lease);
          throw error;
        }
        // The lock may be on either lease: both are left to end by themselves.
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  private async find(
    name: string,
    timeoutMs: number,
  ): Promise<StoredKey | undefined> {
    const { keys } = await this.store.read(
      { kind: 'range', range: { key: name } },
      { timeoutMs },
    );
    return keys[0];
  }

  private async grant(ttl: number): Promise<bigint> {
    const { id } = await this.store.grantLease(
      Math.ceil(ttl / 1000),
      callFor(ttl),
    );
    return id;
  }

  private namesOf(key: string, owner: string) {
    for (const [what, text] of Object.entries({ key, owner })) {
      if (typeof text === 'string') continue;
      throw new LockConfigurationError(
        `A lock's ${what} must be a string, got ${typeof text}.`,
      );
    }
    const prefix = `${this.namespace}${exactName(key)}/`;
    // No ticket of LockService or etcdctl, which are named after leases, begins with @.
    return { prefix, name: `${prefix}@${exactName(owner)}` };
  }
}

/** A call must leave time for the next one before the lock expires. */
function callFor(ttl: number): { readonly timeoutMs: number } {
  if (!Number.isSafeInteger(ttl) || ttl < 1) {
    throw new LockConfigurationError(
      `A ttl must be whole milliseconds, at least 1, got ${String(ttl)}.`,
    );
  }
  const timeoutMs = Math.max(SHORTEST_REQUEST_MS, ttl * 0.3);
  return { timeoutMs: Math.min(LONGEST_REQUEST_MS, timeoutMs) };
}

function withOutcome(outcome: StoreError['outcome'], error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  return new StoreError(error.reason, outcome, error.message, {
    cause: error,
  });
}
