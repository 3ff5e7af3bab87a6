import type { StoreError } from '../../core/index.js';
import { CallFailure, STATUS } from '../call-failure.js';
import type {
  Connection,
  Exchange,
  RawStream,
  RawStreamListener,
} from '../connections.js';
import { type Deadline, timeLeft } from '../deadline.js';
import type {
  CallOptions,
  Etcd3Parts,
  GrpcMetadata,
  PooledConnection,
} from './etcd3-client.js';
import { grpcFailure } from './grpc-failure.js';

const asItIs = (message: Buffer) => message;

/**
 * One client of the pool, for one call. All services go over any of its clients: their calls are
 * told apart by their path.
 */
export class PooledWay implements Connection {
  readonly host = 'etcd';
  readonly authenticated: boolean;
  private readonly client: PooledConnection['client'];
  private readonly metadata: GrpcMetadata;

  constructor(
    { client, metadata }: PooledConnection,
    private readonly defaults: Etcd3Parts['pool']['callOptionsFactory'],
    private readonly renewToken: () => void,
  ) {
    this.client = client;
    // The user's own calls may share the original.
    this.metadata = metadata.clone();
    this.metadata.set('hasleader', 'true');
    this.authenticated = this.metadata.get('token').length > 0;
  }

  get renewsToken(): boolean {
    return this.authenticated;
  }

  send(path: string, message: Buffer, deadline: Deadline): Exchange {
    let call: { cancel(): void };
    const reply = new Promise<Buffer>((resolve, reject) => {
      call = this.client.makeUnaryRequest(
        path,
        asItIs,
        asItIs,
        message,
        this.metadata,
        // As gRPC wants to have it: on the wall clock, read at the last moment.
        {
          ...this.options(path, false),
          deadline: Date.now() + timeLeft(deadline),
        },
        (error, answer) => {
          if (error) reject(grpcFailure(error));
          else resolve(answer!);
        },
      );
    });
    return { reply, cancel: () => call.cancel() };
  }

  open(path: string, listener: RawStreamListener): RawStream {
    const stream = this.client.makeBidiStreamRequest(
      path,
      asItIs,
      asItIs,
      this.metadata,
      this.options(path, true),
    );
    let over = false;
    const end = (failure: CallFailure) => {
      if (over) return;
      over = true;
      listener.ended(failure);
    };
    // Also after the end: gRPC reports our own cancellation as an error.
    stream.on('error', (error) => end(grpcFailure(error)));
    stream.on('data', (message) => {
      if (!over) listener.received(message);
    });
    stream.on('end', () => {
      end(new CallFailure('etcd ended the stream', STATUS.unavailable, true));
    });
    return {
      write: (message) => stream.write(message),
      cancel() {
        over = true;
        stream.cancel();
      },
    };
  }

  failed({ reason }: StoreError): void {
    if (reason === 'unauthenticated') this.renewToken();
  }

  /** The user's own options for a call, less the deadline: calls have ours, streams have none. */
  private options(path: string, isStream: boolean): CallOptions {
    const { defaults } = this;
    if (typeof defaults !== 'function') return without(defaults);
    const [, service, name] = /\.(\w+)\/(\w+)$/.exec(path)!;
    const method = name![0]!.toLowerCase() + name!.slice(1);
    return without(defaults({ service, method, params: {}, isStream }));
  }
}

function without(options: CallOptions | undefined): object {
  const { deadline: _, ...others } = options ?? {};
  return others;
}
