import { type Client, connectivityState } from '@grpc/grpc-js';
import { Etcd3, type IOptions } from 'etcd3';
import type { EtcdServices, ServiceName } from './etcd-services.js';

const CONNECT_TIMEOUT_MS = 10_000;

let opened = 0;

/**
 * One network connection to one host, shared by all services, and by nobody else: gRPC would
 * otherwise hand a new client the old connection, though it was given up for dead.
 */
export class HostConnection {
  private readonly etcd: Etcd3;
  private readonly clients = new Map<ServiceName, Client>();
  private readonly openedAt = performance.now();
  private closed = false;

  constructor(host: string, options: IOptions) {
    opened += 1;
    this.etcd = new Etcd3({
      ...options,
      hosts: host,
      grpcOptions: {
        ...options.grpcOptions,
        'nestjs-etcd-lock.connection': opened,
      },
    });
  }

  async client<Name extends ServiceName>(
    service: Name,
  ): Promise<EtcdServices[Name]> {
    const known = this.clients.get(service);
    if (known) return known as EtcdServices[Name];
    // The client is used outside the pool, so that no policy of the pool repeats or blocks a call.
    const client = await this.etcd['pool'].withConnection(
      service,
      (connection) => connection.client,
    );
    if (this.closed) client.close();
    this.clients.set(service, client);
    return client as EtcdServices[Name];
  }

  /**
   * Whether a new connection may answer where this one did not. gRPC never gives up an attempt to
   * connect, not even for a closed client, so attempts are given time, lest they pile up.
   */
  get replaceable(): boolean {
    if (performance.now() - this.openedAt > CONNECT_TIMEOUT_MS) return true;
    for (const client of this.clients.values()) {
      const state = client.getChannel().getConnectivityState(false);
      if (state === connectivityState.READY) return true;
    }
    return false;
  }

  /** Calls and streams under way may still end by themselves. */
  close(): void {
    this.closed = true;
    // Not `etcd.close()`: that leaves clients that are connecting open for a second more.
    for (const client of this.clients.values()) client.close();
  }
}
