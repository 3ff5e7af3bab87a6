import {
  LockConfigurationError,
  LockNotHeldError,
  LockStoreError,
} from '../api/errors.js';
import type { Hold } from './hold.js';
import type { Lock, LockJson } from '../api/lock.js';
import type {
  Comparison,
  Transaction,
  TransactionReply,
} from '../store/lock-store.js';
import { stillOurs } from '../queue/queue-transactions.js';

const HANDLE = Symbol.for('nestjs-etcd-lock/handle');

/** One caller's handle. Re-entrant callers have handles of their own on the same hold. */
export class LockHandle implements Lock {
  static {
    Object.defineProperty(this.prototype, HANDLE, { value: true });
  }
  /** @internal Called when it is released, with itself: it holds nothing that it could close over. */
  onGivenBack: ((handle: LockHandle) => void) | undefined;

  private released = false;
  private releasing: Promise<unknown> | undefined;

  constructor(
    /** @internal */
    readonly hold: Hold,
  ) {
    hold.retain();
  }

  get key(): string {
    return this.hold.terms.key;
  }

  get keys(): readonly string[] {
    return this.hold.terms.keys;
  }

  get fencingToken(): bigint {
    return this.hold.fencingToken;
  }

  get signal(): AbortSignal {
    return this.hold.signal;
  }

  get held(): boolean {
    return this.remaining() > 0;
  }

  remaining(): number {
    return this.released ? 0 : this.hold.remaining();
  }

  assertHeld(): void {
    const lost = this.hold.lossByNow();
    if (lost !== undefined) throw lost;
    if (this.released) throw new LockNotHeldError(this.key);
  }

  guard(): readonly Comparison[] {
    return stillOurs(this.hold.tickets);
  }

  async transaction(
    transaction: Partial<Transaction>,
  ): Promise<TransactionReply> {
    this.assertHeld();
    return this.hold.transact(transaction);
  }

  async release(): Promise<void> {
    await this.giveBack();
    const refused = this.hold.removalRefused;
    if (refused !== undefined) throw LockStoreError.from(this.key, refused);
  }

  /** @internal Releases, and tells whether the lock had been lost before. */
  giveBack(): ReturnType<Hold['drop']> {
    if (!this.released) {
      this.released = true;
      this.onGivenBack?.(this);
      this.releasing = this.hold.drop();
    }
    return this.releasing as ReturnType<Hold['drop']>;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  toJSON(): LockJson {
    const { key, keys, fencingToken } = this;
    const remaining = Math.floor(this.remaining());
    return {
      key,
      keys,
      fencingToken: fencingToken.toString(),
      held: remaining > 0,
      remaining,
    };
  }
}

/** Whether a client made it, of whichever copy of the library: not so the locks of a mock. */
export function isHandle(lock: unknown): lock is LockHandle {
  return typeof lock === 'object' && lock !== null && HANDLE in lock;
}

/**
 * The handle behind a lock, for our own folders.
 *
 * @throws {LockConfigurationError} for what no client has made
 */
export function handleOf(lock: Lock): LockHandle {
  if (isHandle(lock)) return lock;
  throw new LockConfigurationError('This is no lock of a LockClient.');
}
