import type {
  KeyRange,
  Revision,
  StoreError,
  WatchEvent,
  WatchListener,
} from '../core/index.js';
import { contains } from './key-order.js';

/** One open watch, as the cluster sees it. */
export interface Subscription {
  /** Nothing is heard after this. */
  cancel(): void;
  end(error: StoreError): void;
}

interface Watcher {
  readonly range: KeyRange;
  readonly deletesOnly: boolean;
  readonly hear: (events: readonly WatchEvent[]) => void;
  readonly end: (error: StoreError) => void;
}

/** Delivers each revision to the watches it concerns, later and in order. */
export class WatchHub {
  private readonly watchers = new Set<Watcher>();

  open(
    range: KeyRange,
    deletesOnly: boolean,
    revision: Revision,
    listener: WatchListener,
  ): Subscription {
    let open = true;
    const tell = (deliver: () => void) =>
      void Promise.resolve().then(() => {
        if (open) deliver();
      });
    const watcher: Watcher = {
      range,
      deletesOnly,
      hear: (events) => tell(() => listener.events(events)),
      end: (error) =>
        tell(() => {
          close();
          listener.ended(error);
        }),
    };
    const close = () => {
      open = false;
      this.watchers.delete(watcher);
    };
    this.watchers.add(watcher);
    tell(() => listener.created(revision));
    return { cancel: close, end: watcher.end };
  }

  endAll(error: StoreError): void {
    for (const { end } of [...this.watchers]) end(error);
  }

  publish(events: readonly WatchEvent[]): void {
    for (const { range, deletesOnly, hear } of this.watchers) {
      const concerning = events.filter(
        (event) =>
          !(deletesOnly && event.kind === 'put') &&
          contains(range, event.kind === 'put' ? event.stored.key : event.key),
      );
      if (concerning.length > 0) hear(concerning);
    }
  }
}
