import { type Lock, LockNotHeldError } from '../core/index.js';

/**
 * The time during which this process leads. A pause of the process, or a packet it already sent,
 * can outlive it: where that matters, let the resource check {@link fencingToken}, or change etcd
 * itself with `lock.transaction()`.
 */
export class Leadership {
  private readonly ending = new AbortController();
  private given = false;

  /** @internal */
  constructor(
    /** What is led. */
    readonly name: string,
    /** The lock that leadership consists in, with `guard()`, `transaction()` and `remaining()`. */
    readonly lock: Lock,
  ) {}

  /**
   * Aborts when the work is to end: with a `LockLostError` as soon as this process can no longer be
   * sure that it leads, and before etcd can let anybody else lead; with a `LockNotHeldError` on
   * {@link resign}; with a `LockClosedError` when the application shuts down; or with the reason
   * of `lead`'s own `signal`. In the last two cases it still leads, until its work has ended.
   */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  /** Grows with every leader, whichever client it used. */
  get fencingToken(): bigint {
    return this.lock.fencingToken;
  }

  /** Whether this process surely leads at this moment, decided on its own clocks. */
  get leading(): boolean {
    return this.lock.held;
  }

  /**
   * @throws {LockLostError} when the leadership was lost
   * @throws {LockNotHeldError} after {@link resign}
   */
  assertLeading(): void {
    this.lock.assertHeld();
  }

  /**
   * Hands over to the next candidate, there and then; `lead` ends when the work does. The promise
   * resolves when etcd has confirmed, or when this process can leave it to the end of the lease.
   */
  async resign(): Promise<void> {
    this.given = true;
    const released = this.lock.release();
    this.ending.abort(
      new LockNotHeldError(this.lock.key, 'its leader has resigned'),
    );
    await released;
  }

  /** @internal */
  get resigned(): boolean {
    return this.given;
  }

  /** @internal Tells the work to end. */
  end(reason: unknown): void {
    this.ending.abort(reason);
  }
}
