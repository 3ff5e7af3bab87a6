import type { LockEvent, LockListener } from '../api/lock-events.js';
import { checkedCallback } from '../options/callbacks.js';
import { ignoringErrors } from '../options/ignoring-errors.js';

/** Those who are told what a client does. None of them can disturb it, or one another. */
export class Observers {
  /** Made anew at each change: who comes or goes while an event is told does not touch the telling. */
  private listeners: readonly { readonly tell: LockListener }[] = [];

  /** @throws {LockConfigurationError} for what cannot be called */
  add(listener: LockListener): () => void {
    // The same function may be added twice and must then be called twice.
    const own = { tell: checkedCallback('A listener', listener) };
    this.listeners = [...this.listeners, own];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== own);
    };
  }

  get present(): boolean {
    return this.listeners.length > 0;
  }

  /** All of them see the one event, which they cannot rewrite. */
  tell(event: LockEvent): void {
    Object.freeze(event);
    for (const { tell } of this.listeners) ignoringErrors(() => tell(event));
  }
}
