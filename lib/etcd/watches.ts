import type {
  KeyRange,
  Watch,
  WatchListener,
  WatchOptions,
} from '../core/index.js';
import type { Connections } from './connections.js';
import type { ProcessHold } from './process-hold.js';
import { closedError } from './store-error.js';
import { WatchStream } from './watch-stream.js';

/** Puts all watches on one stream for as long as that stream is good for new ones. */
export class Watches {
  private current: WatchStream | undefined;
  private readonly streams = new Set<WatchStream>();
  private asAsked: boolean | undefined;

  constructor(
    private readonly connections: Connections,
    private readonly hold: ProcessHold,
  ) {}

  /**
   * Whether somebody on the way numbers the watches anew, as only `etcd grpc-proxy` does; undefined
   * until one is created.
   */
  get renumbered(): boolean | undefined {
    return this.asAsked === undefined ? undefined : !this.asAsked;
  }

  watch(
    range: KeyRange,
    listener: WatchListener,
    options: WatchOptions,
  ): Watch {
    this.current ??= this.open();
    return this.current.add(range, listener, options);
  }

  close(): void {
    for (const stream of this.streams) stream.fail(closedError('not-applied'));
  }

  private open(): WatchStream {
    const forget = (stream: WatchStream) => {
      if (this.current === stream) this.current = undefined;
    };
    const stream = new WatchStream(this.connections, this.hold, {
      numbered: (asAsked) => {
        this.asAsked = asAsked;
      },
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
