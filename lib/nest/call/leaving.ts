/**
 * How a call tells its wait that nobody wants it any more: as much of an `AbortController` and its
 * signal as one listener needs. Those of Node take longer to make than a lock in memory.
 */
export class Leaving {
  aborted = false;
  reason: unknown;
  private listener: (() => void) | undefined;

  /** For the `signal` of an acquisition, which asks no more of one. */
  get signal(): AbortSignal {
    return this as unknown as AbortSignal;
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.listener?.();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listener = listener;
  }

  removeEventListener(): void {
    this.listener = undefined;
  }
}
