const LONG_MS = 2 ** 30;

/**
 * Keeps the process alive while something is wanted of the store: a call is under way, or somebody
 * listens to a watch. Sockets and all other timers of ours never do, nor does a lease that is kept
 * alive: whether anything hangs on that, only those above know.
 */
export class ProcessHold {
  private timer: NodeJS.Timeout | undefined;
  private count = 0;

  take(): void {
    this.count += 1;
    if (this.count > 1) return;
    this.timer ??= setInterval(() => {}, LONG_MS);
    this.timer.ref();
  }

  release(): void {
    this.count -= 1;
    if (this.count === 0) this.timer?.unref();
  }

  /** For good. */
  end(): void {
    clearInterval(this.timer);
  }
}
