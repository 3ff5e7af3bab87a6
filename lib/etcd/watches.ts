import type { KeyRange, Watch, WatchListener } from '../core/index.js';
import type { Connections } from './connections.js';
import { closedError } from './store-error.js';
import { WatchStream } from './watch-stream.js';

/** Puts all watches on one stream for as long as that stream is good for new ones. */
export class Watches {
  private current: WatchStream | undefined;
  private readonly streams = new Set<WatchStream>();

  constructor(private readonly connections: Connections) {}

  watch(range: KeyRange, listener: WatchListener, deletesOnly: boolean): Watch {
    this.current ??= this.open();
    return this.current.add(range, listener, deletesOnly);
  }

  close(): void {
    for (const stream of this.streams) stream.fail(closedError('not-applied'));
  }

  private open(): WatchStream {
    const forget = (stream: WatchStream) => {
      if (this.current === stream) this.current = undefined;
    };
    const stream = new WatchStream(this.connections, {
      retired: forget,
      ended: (ended) => {
        forget(ended);
        this.streams.delete(ended);
      },
    });
    this.streams.add(stream);
    return stream;
  }
}
