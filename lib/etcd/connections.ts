import type { CallOptions, Metadata } from '@grpc/grpc-js';
import type { StoreError } from '../core/index.js';
import type { CallsInFlight } from './calls-in-flight.js';
import type { Deadline } from './deadline.js';
import type { EtcdServices, ServiceName } from './etcd-services.js';

/** What one call or stream needs. */
export interface Connection<Name extends ServiceName> {
  readonly client: EtcdServices[Name];
  /** Shared between calls: not to be changed. */
  readonly metadata: Metadata;
  /** Whether a call that etcd refuses as unauthenticated can fare better the next time. */
  readonly renewsToken: boolean;
  /** The user's own options for one call, without any deadline. */
  options(method: string, params?: unknown): CallOptions;
  /** Tells why a call over this connection failed, so that the next ones go a better way. */
  failed(error: StoreError): void;
}

/** The ways to etcd. Nothing connects before the first call does. */
export interface Connections {
  /**
   * Every rejection is a {@link StoreError} with outcome not-applied: nothing was sent yet but,
   * at most, a user name and a password.
   */
  to<Name extends ServiceName>(
    service: Name,
    deadline: Deadline,
  ): Promise<Connection<Name>>;

  /**
   * Ways to each host by itself, as far as the hosts are known. They are the caller's to close, and
   * what they send stands in the caller's `inFlight`.
   */
  apart(inFlight: CallsInFlight): readonly HostConnections[];

  close(): void;
}

export interface HostConnections {
  /** Undefined where a client of the user's picks the host. */
  readonly host: string | undefined;
  readonly connections: Connections;
}
