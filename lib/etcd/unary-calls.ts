import type { CallOptions, ClientUnaryCall, Metadata } from '@grpc/grpc-js';
import type { CallsInFlight } from './calls-in-flight.js';
import type { Connection, Connections } from './connections.js';
import { type Deadline, deadlineIn, grpcDeadline } from './deadline.js';
import type {
  EtcdServices,
  ServiceName,
  UnaryCallback,
} from './etcd-services.js';
import { closedError, type Effect, storeErrorOf } from './store-error.js';

export interface UnaryMethod<Name extends ServiceName, Request, Reply> {
  readonly service: Name;
  readonly name: string;
  readonly effect: Effect;
  readonly start: (
    client: EtcdServices[Name],
    request: Request,
    metadata: Metadata,
    options: CallOptions,
    callback: UnaryCallback<Reply>,
  ) => ClientUnaryCall;
}

/** One request, one reply. Every rejection is a `StoreError`. */
export class UnaryCalls {
  private closed = false;

  constructor(
    private readonly connections: Connections,
    private readonly inFlight: CallsInFlight,
  ) {}

  async call<Name extends ServiceName, Request, Reply>(
    method: UnaryMethod<Name, Request, Reply>,
    request: Request,
    timeoutMs: number,
  ): Promise<Reply> {
    const deadline = deadlineIn(timeoutMs);
    for (let attempt = 1; ; attempt++) {
      if (this.closed) throw closedError('not-applied');
      let connection: Connection<Name> | undefined;
      try {
        connection = await this.connections.to(method.service, deadline);
        if (this.closed) throw closedError('not-applied');
        return await this.send(method, request, connection, deadline);
      } catch (error) {
        const failure = storeErrorOf(error, method.effect);
        if (this.closed) throw closedError(failure.outcome);
        connection?.failed(failure);
        // An outdated token is no attempt: etcd looks at it before it looks at the request.
        const outdated =
          connection?.renewsToken &&
          failure.reason === 'unauthenticated' &&
          failure.outcome === 'not-applied';
        if (!outdated || attempt > 1) throw failure;
      }
    }
  }

  /** Calls under way are rejected, also those that etcd goes on with. */
  close(): void {
    this.closed = true;
    this.inFlight.cancelAll();
  }

  private send<Name extends ServiceName, Request, Reply>(
    method: UnaryMethod<Name, Request, Reply>,
    request: Request,
    connection: Connection<Name>,
    deadline: Deadline,
  ): Promise<Reply> {
    const options = connection.options(method.name, request);
    return this.inFlight.send((callback) =>
      method.start(
        connection.client,
        request,
        connection.metadata,
        { ...options, deadline: grpcDeadline(deadline) },
        callback,
      ),
    );
  }
}
