import type { LockEvent, LockListener } from '../api/lock-events.js';
import { ignoringErrors } from '../options/ignoring-errors.js';

/** Those who are told what a client does. None of them can disturb it. */
export class Observers {
  private readonly listeners = new Set<LockListener>();

  add(listener: LockListener): () => void {
    // The same function may be added twice and must then be called twice.
    const own: LockListener = (event) => listener(event);
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  get present(): boolean {
    return this.listeners.size > 0;
  }

  tell(event: LockEvent): void {
    for (const listener of [...this.listeners]) {
      ignoringErrors(() => listener(event));
    }
  }
}
