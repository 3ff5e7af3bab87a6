import {
  type Revision,
  StoreError,
  type WatchEvent,
  type WatchListener,
} from '../core/index.js';

/** One watch of a listener, told at most once that it is over, and nothing after that. */
export class Subscription {
  private over = false;

  constructor(
    private readonly listener: WatchListener,
    /** Called when the listener itself is the reason that the watch ends. */
    private readonly onBroken: () => void,
  ) {}

  created(revision: Revision): void {
    this.tell(() => this.listener.created(revision));
  }

  events(events: readonly WatchEvent[]): void {
    this.tell(() => this.listener.events(events));
  }

  end(error: StoreError): void {
    if (this.over) return;
    this.over = true;
    try {
      this.listener.ended(error);
    } catch (thrown) {
      warn(thrown);
    }
  }

  /** The listener hears nothing any more. */
  cancel(): void {
    this.over = true;
  }

  // A listener that throws has missed something; others on the stream must not.
  private tell(deliver: () => void): void {
    if (this.over) return;
    try {
      deliver();
    } catch (thrown) {
      warn(thrown);
      this.onBroken();
      const message = 'the listener of the watch threw an error';
      const options = { cause: thrown };
      this.end(new StoreError('unknown', 'not-applied', message, options));
    }
  }
}

function warn(thrown: unknown): void {
  const detail = thrown instanceof Error ? thrown.stack : String(thrown);
  process.emitWarning(`The listener of a watch threw an error: ${detail}`);
}
