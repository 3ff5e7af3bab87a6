import { systemClock } from '../core/index.js';
import { withTimeout } from '../core/internal.js';

/**
 * Releases that this process has begun, by queue. `@nestjs/locks` wakes its waiters when it begins
 * one: whoever asked etcd there and then would still see the lock, and come again a second later.
 */
export class ReleasesUnderWay {
  private readonly byQueue = new Map<string, Set<Promise<void>>>();

  /** The returned function is to be called when the lock is free, or stays. */
  begin(queue: string): () => void {
    const releases = this.byQueue.get(queue) ?? new Set();
    this.byQueue.set(queue, releases);
    let over!: () => void;
    const release = new Promise<void>((resolve) => {
      over = resolve;
    });
    releases.add(release);
    return () => {
      over();
      releases.delete(release);
      if (releases.size === 0 && this.byQueue.get(queue) === releases) {
        this.byQueue.delete(queue);
      }
    };
  }

  /** Resolves when those under way now are over, but after `timeoutMs` in any case. */
  async over(queue: string, timeoutMs: number): Promise<void> {
    const releases = this.byQueue.get(queue);
    if (releases === undefined) return;
    await withTimeout(systemClock, timeoutMs, Promise.all(releases));
  }
}
