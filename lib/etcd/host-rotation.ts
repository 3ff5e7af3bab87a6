import { Metadata } from '@grpc/grpc-js';
import type { IOptions } from 'etcd3';
import type { StoreError } from '../core/index.js';
import { AuthToken, type EtcdUser } from './auth-token.js';
import { callOptionsOf } from './call-options.js';
import type { CallsInFlight } from './calls-in-flight.js';
import type {
  Connection,
  Connections,
  HostConnections,
} from './connections.js';
import type { Deadline } from './deadline.js';
import type { ServiceName } from './etcd-services.js';
import { HostConnection } from './host-connection.js';
import { requireLeader } from './require-leader.js';
import { closedError, notSent } from './store-error.js';

/**
 * Sends everything to one host until a call or a stream fails there, then to the next one. What
 * failed is not repeated.
 */
export class HostRotation implements Connections {
  private readonly token: AuthToken | undefined;
  private readonly anonymous = requireLeader(new Metadata());
  private readonly open: (HostConnection | undefined)[] = [];
  private at: number;
  private closed = false;

  constructor(
    private readonly hosts: readonly string[],
    private readonly options: IOptions,
    private readonly user: EtcdUser | undefined,
    inFlight: CallsInFlight,
  ) {
    this.token = user && new AuthToken(user, inFlight);
    // Processes that start together spread over the members.
    this.at = Math.floor(Math.random() * hosts.length);
  }

  async to<Name extends ServiceName>(
    service: Name,
    deadline: Deadline,
  ): Promise<Connection<Name>> {
    if (this.closed) throw closedError('not-applied');
    const host = (this.open[this.at] ??= new HostConnection(
      this.hosts[this.at]!,
      this.options,
    ));
    try {
      const metadata = this.token
        ? await this.token.metadata(host, deadline)
        : this.anonymous;
      return {
        client: await host.client(service),
        metadata,
        renewsToken: this.token !== undefined,
        options: (method, params) =>
          callOptionsOf(
            this.options.defaultCallOptions,
            service,
            method,
            params,
          ),
        failed: (error) => {
          if (error.reason === 'unauthenticated') {
            this.token?.outdated(metadata);
          }
          this.avoid(host, error);
        },
      };
    } catch (error) {
      const failure = notSent(error);
      this.avoid(host, failure);
      throw failure;
    }
  }

  apart(inFlight: CallsInFlight): readonly HostConnections[] {
    const { options, user } = this;
    return this.hosts.map((host) => ({
      host,
      connections: new HostRotation([host], options, user, inFlight),
    }));
  }

  close(): void {
    this.closed = true;
    for (const host of this.open) host?.close();
  }

  private avoid(host: HostConnection, { reason }: StoreError): void {
    const index = this.open.indexOf(host);
    if (index === -1) return;
    // The connection may be dead without either end having noticed.
    if (reason === 'timeout' && host.replaceable) {
      this.open[index] = undefined;
      host.close();
    }
    const failing =
      reason === 'timeout' || reason === 'unavailable' || reason === 'unknown';
    if (failing && index === this.at) this.at = (index + 1) % this.hosts.length;
  }
}
