import {
  LockConfigurationError,
  type LockStore,
  type Revision,
  StaleTokenError,
  type StoredKey,
  type Transaction,
  type TransactionReply,
} from '../core/index.js';
import { checkedStore, shown } from '../core/internal.js';

const CALL = { timeoutMs: 5000 };

/** As {@link KeyFence.claim} writes it. */
const TOKEN = /^\d{1,40}$/;

/**
 * Guards keys of an etcd against holders that do not know yet that their lock is gone.
 *
 * The etcd may be another one than that of the locks. On the same one `lock.transaction` does
 * without a fence.
 *
 * A holder must {@link claim} before its first *read*. Refusing lower tokens at the write is not
 * enough: holder 1 reads, pauses and loses its lock; holder 2 reads the same value; holder 1 wakes
 * and writes, which nobody refuses, because 2 has not written yet; then 2 writes what it made of
 * the old value, and the update of 1, which was acknowledged, is lost. With the claim, 2 shuts 1
 * out before it reads.
 *
 * @example
 * const fence = new KeyFence(store, 'ledger/2026-11/fence');
 * await locks.withLock('ledger:2026-11', async (lock) => {
 *   const ledger = await fence.claim(lock.fencingToken);
 *   const { keys } = await store.read(…);
 *   await ledger.transaction({ success: [{ kind: 'put', key: 'ledger/2026-11', value }] });
 * });
 */
export class KeyFence {
  private readonly store: LockStore;

  /** @throws {LockConfigurationError} for what is no store, and for a key that is no text */
  constructor(
    store: LockStore,
    /** The key in etcd that carries the highest token seen. Never deleted by us. */
    private readonly key: string,
  ) {
    this.store = checkedStore(store);
    if (typeof key === 'string' && key !== '') return;
    throw new LockConfigurationError(
      `The key of a fence must be a string with content, got ${shown(key)}.`,
    );
  }

  /**
   * Shuts out everybody with a lower token, now and for ever.
   *
   * @throws {StaleTokenError} when a higher token has claimed before
   * @throws {LockConfigurationError} for what is no token, and when the key holds something that is
   * none: it is used by something else, or was damaged, and is left as it is
   * @throws {StoreError} when etcd fails; whether the claim took effect is in its `outcome`, and
   * claiming again does no harm
   */
  async claim(token: bigint): Promise<ClaimedKeys> {
    if (typeof token !== 'bigint' || !TOKEN.test(String(token))) {
      throw new LockConfigurationError(
        `A fencing token is a bigint that is not negative, got ${shown(token)}.`,
        this.key,
      );
    }
    for (;;) {
      const seen = await this.read();
      if (seen !== undefined && this.tokenIn(seen) > token) {
        throw new StaleTokenError(this.key, token);
      }
      const { succeeded, revision } = await this.store.transact(
        {
          compare: [unchanged(this.key, seen?.modRevision ?? 0n)],
          success: [{ kind: 'put', key: this.key, value: token.toString() }],
          failure: [],
        },
        CALL,
      );
      if (succeeded)
        return new ClaimedKeys(this.store, this.key, token, revision);
    }
  }

  private tokenIn({ value }: StoredKey): bigint {
    if (TOKEN.test(value)) return BigInt(value);
    const found = value.length > 40 ? `${value.slice(0, 40)}…` : value;
    throw new LockConfigurationError(
      `The key "${this.key}" of a fence holds no fencing token but ${shown(found)}. If nothing else uses it, set it to the highest token that was ever claimed.`,
      this.key,
    );
  }

  private async read(): Promise<StoredKey | undefined> {
    const { keys } = await this.store.read(
      { kind: 'range', range: { key: this.key } },
      CALL,
    );
    return keys[0];
  }
}

/** Access to the keys behind a {@link KeyFence} for as long as nobody claims after us. */
export class ClaimedKeys {
  constructor(
    private readonly store: LockStore,
    private readonly key: string,
    private readonly token: bigint,
    private readonly claimedAt: Revision,
  ) {}

  /**
   * Runs a transaction on condition that nobody has claimed since.
   *
   * @throws {StaleTokenError} when somebody has; nothing was done
   * @throws {StoreError} when etcd fails; with `outcome: 'unknown'` it may have been done
   */
  async transaction({
    compare = [],
    success = [],
    failure = [],
  }: Partial<Transaction>): Promise<TransactionReply> {
    const { replies, revision } = await this.store.transact(
      {
        compare: [unchanged(this.key, this.claimedAt)],
        success: [
          { kind: 'transaction', transaction: { compare, success, failure } },
        ],
        failure: [],
      },
      CALL,
    );
    const own = replies[0];
    if (own?.kind === 'transaction') return { ...own, revision };
    throw new StaleTokenError(this.key, this.token);
  }
}

function unchanged(key: string, revision: Revision) {
  return { range: { key }, target: 'mod', is: '=', to: revision } as const;
}
