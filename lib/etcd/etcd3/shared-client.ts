import { StoreError } from '../../core/index.js';
import { CallFailure } from '../call-failure.js';
import type {
  Connection,
  Connections,
  HostConnections,
  Route,
} from '../connections.js';
import { type Deadline, timeLeft, within } from '../deadline.js';
import { closedError, storeErrorOf } from '../store-error.js';
import type { Etcd3Client, Etcd3Parts } from './etcd3-client.js';
import { PooledWay } from './pooled-way.js';

const RENEWAL_TIMEOUT_MS = 5_000;

/** The user's own `Etcd3`: it picks the hosts, it authenticates, and it is never closed here. */
export class SharedClient implements Connections {
  readonly headroom = 0;
  readonly streamsHoldProcess = true;
  readonly #etcd: Etcd3Parts;
  private renewal: Promise<unknown> | undefined;
  private closed = false;

  constructor(private readonly client: Etcd3Client) {
    this.#etcd = client as unknown as Etcd3Parts;
  }

  route(): Route {
    return new SharedRoute(this, this.#etcd.pool.hosts?.length ?? 1);
  }

  apart(): readonly HostConnections[] {
    return [{ host: undefined, connections: new SharedClient(this.client) }];
  }

  close(): void {
    this.closed = true;
  }

  /** @internal */
  async connection(deadline: Deadline): Promise<Connection> {
    if (this.closed) throw closedError('not-applied');
    const late = () => 'authentication took longer than the call may take';
    const { pool } = this.#etcd;
    try {
      if (this.renewal) await within(deadline, this.renewal, late);
      // The clients are used outside the pool, so that no policy of the pool repeats a call.
      const way = await within(
        deadline,
        pool.withConnection('KV', (pooled) => pooled),
        late,
      );
      if (this.closed) throw closedError('not-applied');
      return new PooledWay(way, pool.callOptionsFactory, () =>
        this.renewToken(),
      );
    } catch (error) {
      throw notSent(error);
    }
  }

  // etcd3 forgets an outdated token only when a call of its own is refused for it.
  private renewToken(): void {
    const anyKey = { key: Buffer.of(0), limit: 1, keys_only: true };
    const deadline = Date.now() + RENEWAL_TIMEOUT_MS;
    this.renewal ??= this.#etcd.kv
      .range(anyKey, { deadline })
      // Whatever came of it, the next call of ours will tell.
      .catch(() => {})
      .finally(() => {
        this.renewal = undefined;
      });
  }
}

/** The client picks a host by chance each time, so as many tries are had as there are hosts. */
class SharedRoute implements Route {
  constructor(
    private readonly shared: SharedClient,
    public left: number,
  ) {}

  async next(deadline: Deadline): Promise<Connection> {
    for (;;) {
      this.left -= 1;
      try {
        return await this.shared.connection(deadline);
      } catch (error) {
        const failure = storeErrorOf(error, 'none');
        const elsewhere = failure.reason === 'unavailable';
        if (!elsewhere || this.left <= 0 || timeLeft(deadline) === 0) {
          throw failure;
        }
      }
    }
  }

  again(): void {
    this.left += 1;
  }

  failed(connection: Connection, error: StoreError): void {
    connection.failed(error);
  }

  verdict(error: StoreError): StoreError {
    return error;
  }
}

/** Of what failed before anything was handed to gRPC. */
function notSent(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message } = error as Error;
  if (/\bclient was already closed\b/.test(message)) {
    const closed = 'the Etcd3 client is closed';
    return new StoreError('closed', 'not-applied', closed, { cause: error });
  }
  return storeErrorOf(
    new CallFailure(message, undefined, false, { cause: error }),
    'none',
  );
}
