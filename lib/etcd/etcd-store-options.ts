import { LockConfigurationError } from '../core/index.js';
import { checkKnownOptions } from '../core/internal.js';
import { hostAddresses, hostProblems } from './etcd-hosts.js';
import type { Etcd3Client } from './etcd3/etcd3-client.js';
import type { HostAddress } from './http2/host-address.js';
import { type EtcdTlsOptions, tlsProblems } from './tls-options.js';
import type { Credentials } from './wire/index.js';

/** How to reach an etcd on a road of our own. */
export interface EtcdHostsOptions {
  /**
   * One or more members of one etcd cluster, such as `'http://127.0.0.1:2379'`: with the port, and
   * all `http` or all `https`; or a socket, `'unix:/run/etcd.sock'`. One of them, chosen at random,
   * is used until a call or a stream fails there; then the next.
   */
  readonly hosts: string | readonly string[];

  /** A user of etcd. The token is asked for at the first call and whenever it is outdated. */
  readonly auth?:
    { readonly username: string; readonly password: string } | undefined;

  /**
   * For `https` hosts, by the names of `node:tls`: `ca`, `cert`, `key`, `servername` … Without `ca`,
   * a certificate must be of an authority that Node knows.
   */
  readonly tls?: EtcdTlsOptions | undefined;

  readonly client?: undefined;
}

/**
 * A client of yours, an `Etcd3` of npm `etcd3` 1.1, which the store never closes.
 *
 * Its retries and default deadlines do not apply to the calls of the store; a circuit breaker of
 * it that is open does. It chooses a host at random for each call, and notices a dead connection
 * only with gRPC keep-alive switched on: prefer `hosts`, or set
 * `grpcOptions['grpc.keepalive_time_ms']` to 6000 or more (etcd refuses less than 5000).
 */
export interface EtcdClientOptions {
  readonly client: Etcd3Client;
  readonly hosts?: undefined;
}

/** Either where etcd is, or a client of yours that knows. */
export type EtcdStoreOptions = EtcdHostsOptions | EtcdClientOptions;

const OPTION_NAMES = [
  'hosts',
  'auth',
  'tls',
  'client',
] as const satisfies readonly (
  keyof EtcdHostsOptions | keyof EtcdClientOptions
)[];

/** Checks everything that can be checked without a connection. */
export function checkedHosts(options: EtcdHostsOptions): {
  readonly addresses: readonly HostAddress[];
  readonly tls: EtcdTlsOptions;
  readonly user: Credentials | undefined;
} {
  checkKnownOptions(options, OPTION_NAMES);
  const hosts: string[] = [options.hosts ?? []].flat();
  const { auth, tls } = options;
  const problems = [
    ...hostProblems(hosts),
    ...authProblems(auth),
    ...(tls === undefined ? [] : tlsProblems(tls)),
  ];
  if (tls !== undefined && !hosts.every((host) => host.startsWith('https:'))) {
    problems.push('"tls" goes with hosts that begin with "https://"');
  }
  if (problems.length > 0) throw invalid(problems.join('; '));
  return {
    addresses: hostAddresses(hosts),
    tls: { ...tls },
    // Copied, so that what is checked is what is sent.
    user: auth && { username: auth.username, password: auth.password },
  };
}

/** It may come from any copy of etcd3. */
export function checkedClient({
  client,
  ...others
}: EtcdClientOptions): Etcd3Client {
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined)
      throw invalid(`"${name}" does not go with "client"`);
  }
  const { pool } = client as { pool?: { withConnection?: unknown } };
  if (typeof pool?.withConnection === 'function') return client;
  throw invalid('"client" is not an Etcd3 of npm etcd3 1.1');
}

function authProblems(auth: EtcdHostsOptions['auth'] | null): string[] {
  if (auth === undefined) return [];
  const given = [auth?.username, auth?.password];
  return given.some((part) => typeof part !== 'string' || part === '')
    ? ['"auth" must have a username and a password']
    : [];
}

function invalid(detail: string): LockConfigurationError {
  return new LockConfigurationError(
    `The options of the etcd store are wrong: ${detail}.`,
    '',
  );
}
