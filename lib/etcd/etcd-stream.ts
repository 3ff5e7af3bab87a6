import type { CallOptions, ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { StoreError } from '../core/index.js';
import type { Connection, Connections } from './connections.js';
import { deadlineIn } from './deadline.js';
import type { EtcdServices, ServiceName } from './etcd-services.js';
import { type Effect, storeErrorOf } from './store-error.js';

const OPEN_TIMEOUT_MS = 5_000;

export interface StreamMethod<Name extends ServiceName, Request, Reply> {
  readonly service: Name;
  readonly name: string;
  readonly effect: Effect;
  readonly start: (
    client: EtcdServices[Name],
    metadata: Metadata,
    options: CallOptions,
  ) => ClientDuplexStream<Request, Reply>;
}

export interface StreamListener<Reply> {
  received(reply: Reply): void;
  /** The last call; never from inside a call to the stream. */
  ended(error: StoreError): void;
}

/** A stream in both directions: written to from the start, and over for good when it is over. */
export class EtcdStream<Name extends ServiceName, Request, Reply> {
  private grpc: ClientDuplexStream<Request, Reply> | undefined;
  private connection: Connection<Name> | undefined;
  private unsent: Request[] = [];
  private over = false;

  constructor(
    private readonly connections: Connections,
    private readonly method: StreamMethod<Name, Request, Reply>,
    private readonly listener: StreamListener<Reply>,
  ) {
    void this.open();
  }

  write(request: Request): void {
    if (this.over) return;
    if (this.grpc) this.grpc.write(request);
    else this.unsent.push(request);
  }

  /** Ends it without a word to the listener. A half-close would leave it to the server. */
  cancel(): void {
    this.over = true;
    this.unsent = [];
    this.grpc?.cancel();
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
    const { service, name, effect, start } = this.method;
    try {
      this.connection = await this.connections.to(
        service,
        deadlineIn(OPEN_TIMEOUT_MS),
      );
      if (this.over) return;
      const { client, metadata } = this.connection;
      const grpc = start(client, metadata, this.connection.options(name));
      // Also after the end: gRPC reports our own cancellation as an error.
      grpc.on('error', (error) => this.fail(storeErrorOf(error, effect)));
      grpc.on('data', (reply: Reply) => {
        if (!this.over) this.listener.received(reply);
      });
      grpc.on('end', () => {
        const outcome = effect === 'none' ? 'not-applied' : 'unknown';
        const message = 'etcd ended the stream';
        this.fail(new StoreError('unavailable', outcome, message));
      });
      for (const request of this.unsent) grpc.write(request);
      this.unsent = [];
      this.grpc = grpc;
    } catch (error) {
      this.fail(storeErrorOf(error, effect));
    }
  }
}
