import { StoreError } from '../core/index.js';
import type { Connection, Connections, RawStream } from './connections.js';
import { deadlineIn } from './deadline.js';
import { storeErrorOf, unsendable } from './store-error.js';
import type { Method } from './wire/index.js';

const OPEN_TIMEOUT_MS = 5_000;

export interface StreamListener<Reply> {
  received(reply: Reply): void;
  /** The last call; never from inside a call to the stream. */
  ended(error: StoreError): void;
}

/** A stream in both directions: written to from the start, and over for good when it is over. */
export class EtcdStream<Request, Reply> {
  private raw: RawStream | undefined;
  private connection: Connection | undefined;
  private unsent: Request[] = [];
  private over = false;

  constructor(
    private readonly connections: Connections,
    private readonly method: Method<Request, Reply>,
    private readonly listener: StreamListener<Reply>,
  ) {
    void this.open();
  }

  write(request: Request): void {
    if (this.over) return;
    if (this.raw) this.send(this.raw, request);
    else this.unsent.push(request);
  }

  /** Ends it without a word to the listener. A half-close would leave it to the server. */
  cancel(): void {
    this.over = true;
    this.unsent = [];
    this.raw?.cancel();
  }

  /** Ends it with `error`, as if etcd had ended it. */
  fail(error: StoreError): void {
    if (this.over) return;
    this.cancel();
    this.connection?.failed(error);
    queueMicrotask(() => this.listener.ended(error));
  }

  /** Has the next stream ask for a new token. `false` where none is in use. */
  renewToken(): boolean {
    if (!this.connection?.renewsToken) return false;
    const message = 'etcd may have refused an outdated token';
    this.connection.failed(
      new StoreError('unauthenticated', 'not-applied', message),
    );
    return true;
  }

  private async open(): Promise<void> {
    const { path, effect } = this.method;
    try {
      const route = this.connections.route();
      this.connection = await route.next(deadlineIn(OPEN_TIMEOUT_MS));
      if (this.over) return;
      this.raw = this.connection.open(path, {
        received: (message) => this.received(message),
        ended: (failure) => this.fail(storeErrorOf(failure, effect)),
      });
      const { unsent } = this;
      this.unsent = [];
      for (const request of unsent) this.write(request);
    } catch (error) {
      this.fail(storeErrorOf(error, effect));
    }
  }

  private send(raw: RawStream, request: Request): void {
    try {
      raw.write(this.method.encode(request, this.connections.headroom));
    } catch (error) {
      this.fail(storeErrorOf(unsendable(error), this.method.effect));
    }
  }

  private received(message: Buffer): void {
    if (this.over) return;
    let reply: Reply;
    try {
      reply = this.method.decode(message);
    } catch (error) {
      this.fail(storeErrorOf(error, this.method.effect));
      return;
    }
    this.listener.received(reply);
  }
}
