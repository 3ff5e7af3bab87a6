import type { Etcd3 } from 'etcd3';
import { callOptionsOf } from './call-options.js';
import type {
  Connection,
  Connections,
  HostConnections,
} from './connections.js';
import { type Deadline, deadlineIn, grpcDeadline, within } from './deadline.js';
import type { EtcdServices, ServiceName } from './etcd-services.js';
import { requireLeader } from './require-leader.js';
import { closedError, notSent } from './store-error.js';

const RENEWAL_TIMEOUT_MS = 5_000;

/** The user's own `Etcd3`: it picks the hosts, it authenticates, and it is never closed here. */
export class SharedClient implements Connections {
  private renewal: Promise<unknown> | undefined;
  private closed = false;

  constructor(private readonly etcd: Etcd3) {}

  async to<Name extends ServiceName>(
    service: Name,
    deadline: Deadline,
  ): Promise<Connection<Name>> {
    if (this.closed) throw closedError('not-applied');
    const pool = this.etcd['pool'];
    try {
      if (this.renewal) {
        await within(deadline, 'authentication', this.renewal);
      }
      // The client is used outside the pool, so that no policy of the pool repeats a call.
      const { client, metadata } = await within(
        deadline,
        'authentication',
        pool.withConnection(service, (pooled) => ({
          client: pooled.client as EtcdServices[Name],
          // The user's own calls may share the original.
          metadata: requireLeader(pooled.metadata.clone()),
        })),
      );
      return {
        client,
        metadata,
        renewsToken: metadata.get('token').length > 0,
        options: (method, params) =>
          callOptionsOf(pool.callOptionsFactory, service, method, params),
        failed: ({ reason }) => {
          if (reason === 'unauthenticated') this.renewToken();
        },
      };
    } catch (error) {
      throw notSent(error);
    }
  }

  apart(): readonly HostConnections[] {
    return [{ host: undefined, connections: new SharedClient(this.etcd) }];
  }

  close(): void {
    this.closed = true;
  }

  // etcd3 forgets an outdated token only when a call of its own is refused for it.
  private renewToken(): void {
    const anyKey = { key: Buffer.of(0), limit: 1, keys_only: true };
    const deadline = grpcDeadline(deadlineIn(RENEWAL_TIMEOUT_MS));
    this.renewal ??= this.etcd.kv
      .range(anyKey, { deadline })
      // Whatever came of it, the next call of ours will tell.
      .catch(() => {})
      .finally(() => {
        this.renewal = undefined;
      });
  }
}
