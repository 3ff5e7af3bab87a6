import { noop } from 'cockatiel';
import { Etcd3, type IOptions } from 'etcd3';
import { LockConfigurationError } from '../core/index.js';
import { checkKnownOptions } from '../core/internal.js';

/**
 * Hosts, and any other option of npm `etcd3` but `faultHandling`, whose policies repeat calls, and
 * `dialTimeout`, which etcd3 does not read. `grpcOptions` go before what the store sets by itself;
 * a `deadline` in `defaultCallOptions` is ignored, since every call comes with its own.
 */
export interface EtcdHostsOptions extends Omit<
  IOptions,
  'auth' | 'dialTimeout' | 'faultHandling' | 'hosts'
> {
  /**
   * One or more members of one etcd cluster, such as `'http://127.0.0.1:2379'`: with the port, and
   * all `http` or all `https`. One of them, chosen at random, is used until a call or a stream
   * fails there; then the next.
   */
  readonly hosts: string | readonly string[];

  /** A user of etcd. The token is asked for at the first call and whenever it is outdated. */
  readonly auth?: { readonly username: string; readonly password: string };

  readonly client?: undefined;
}

/**
 * A client of yours, which the store never closes.
 *
 * Its retries and default deadlines do not apply to the calls of the store; a circuit breaker of
 * it that is open does. It chooses a host at random for each call, and notices a dead connection
 * only with gRPC keep-alive switched on: prefer `hosts`, or set
 * `grpcOptions['grpc.keepalive_time_ms']` to 6000 or more (etcd refuses less than 5000).
 */
export interface EtcdClientOptions {
  readonly client: Etcd3;
  readonly hosts?: undefined;
}

export type EtcdStoreOptions = EtcdHostsOptions | EtcdClientOptions;

const OPTION_NAMES = [
  'hosts',
  'auth',
  'client',
  'credentials',
  'grpcOptions',
  'defaultCallOptions',
  // Known, so that they are refused with a reason.
  'faultHandling',
  'dialTimeout',
] as const satisfies readonly (keyof EtcdHostsOptions | keyof IOptions)[];

/** What of this the user does not set. */
const GRPC_DEFAULTS = {
  // etcd closes connections that are pinged more often than every 5 s.
  'grpc.keepalive_time_ms': 6_000,
  'grpc.keepalive_timeout_ms': 3_000,
  // gRPC's own (1 s to 2 min, 30 s) outlast a lease.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
  // A reply that is refused for its size belongs to a call that took effect.
  'grpc.max_receive_message_length': -1,
  'grpc.enable_channelz': 0,
};

const HOST =
  /^(https?:\/\/)?(\[[\da-f:.]+\]|[^\s/@?#:]+)(:\d{1,5})?$|^unix:\S+$/i;

/** Retries could otherwise be switched on from the name service. */
const GRPC_FIXED = { 'grpc.service_config_disable_resolution': 1 };

/** Checks everything that can be checked without a connection. */
export function etcdOptionsOf(options: EtcdHostsOptions): {
  readonly hosts: readonly string[];
  readonly etcd: IOptions;
} {
  checkKnownOptions(options, OPTION_NAMES);
  const { hosts: named, auth: _, client: __, ...rest } = options;
  const hosts: string[] = [named ?? []].flat();
  checkHosts(hosts);
  checkUnused(options);
  checkAuth(options.auth);
  const etcd: IOptions = {
    ...rest,
    hosts,
    grpcOptions: { ...GRPC_DEFAULTS, ...rest.grpcOptions, ...GRPC_FIXED },
    faultHandling: { global: noop, host: () => noop },
  };
  try {
    // Reads certificates and compares the hosts; connects to nothing.
    new Etcd3(etcd);
  } catch (error) {
    throw invalid((error as Error).message, error);
  }
  return { hosts, etcd };
}

/** It may come from another copy of etcd3 than ours. */
export function checkedClient({ client, ...others }: EtcdClientOptions): Etcd3 {
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined)
      throw invalid(`"${name}" does not go with "client"`);
  }
  if (typeof client['pool']?.withConnection === 'function') return client;
  throw invalid('"client" is not an Etcd3 of npm etcd3 1.1');
}

function checkHosts(hosts: readonly unknown[]): void {
  if (hosts.length === 0) throw invalid('"hosts" names no host');
  for (const host of hosts) {
    if (typeof host === 'string' && HOST.test(host)) continue;
    throw invalid(
      `"hosts" must look like "http://127.0.0.1:2379", not ${JSON.stringify(host)}`,
    );
  }
}

function checkAuth(auth: EtcdHostsOptions['auth'] | null): void {
  if (auth === undefined) return;
  const given = [auth?.username, auth?.password];
  if (given.some((part) => typeof part !== 'string' || part === '')) {
    throw invalid('"auth" must have a username and a password');
  }
}

function checkUnused(options: Partial<Record<keyof IOptions, unknown>>): void {
  for (const name of ['faultHandling', 'dialTimeout'] as const) {
    if (options[name] !== undefined) {
      throw invalid(`"${name}" has no effect here`);
    }
  }
}

function invalid(detail: string, cause?: unknown): LockConfigurationError {
  return new LockConfigurationError(
    `The options of the etcd store are wrong: ${detail}.`,
    '',
    { cause },
  );
}
