import { readFileSync } from 'node:fs';
import {
  LockClient,
  LockConfigurationError,
  type LockState,
} from '../core/index.js';
import { checkedNamespace } from '../core/internal.js';
import type { EtcdHostsOptions } from '../etcd/index.js';
import { lockPages } from './lock-pages.js';
import { TimedStore } from './timed-store.js';

/** What the command line says of etcd. */
export interface ConnectionOptions {
  readonly hosts: string;
  readonly namespace: string;
  /** In milliseconds. */
  readonly timeout: number;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly user?: string;
  readonly password?: string;
}

export interface Connection {
  readonly locks: LockClient;
  readonly pages: () => AsyncIterable<readonly LockState[]>;
  close(): Promise<void>;
}

/** @throws {LockConfigurationError} for options that cannot work; nothing is connected yet */
export function connect(options: ConnectionOptions): Connection {
  const store = new TimedStore(etcdOptions(options), options.timeout);
  const namespace = checkedNamespace(options.namespace);
  const locks = new LockClient({ store, namespace });
  return {
    locks,
    pages: () => lockPages(store, namespace, options.timeout),
    async close() {
      await locks.close();
      await store.close();
    },
  };
}

function etcdOptions(options: ConnectionOptions): EtcdHostsOptions {
  const tls = tlsOf(options);
  const auth = authOf(options);
  return {
    hosts: hostsOf(options),
    ...(tls && { tls }),
    ...(auth && { auth }),
  };
}

function hostsOf({ hosts, cacert }: ConnectionOptions): string[] {
  const named = hosts
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '');
  if (named.some((host) => host.includes('@'))) {
    throw new LockConfigurationError(
      '--hosts: there is a user or a password in a URL. Give them in ETCDCTL_USER and ETCDCTL_PASSWORD.',
    );
  }
  if (cacert === undefined) return named;
  if (named.some((host) => host.startsWith('http://'))) {
    throw new LockConfigurationError('--cacert goes with https hosts only.');
  }
  return named.map((host) =>
    host.startsWith('https://') ? host : `https://${host}`,
  );
}

function tlsOf({ cacert, cert, key }: ConnectionOptions) {
  if (cacert === undefined) {
    if (cert === undefined && key === undefined) return undefined;
    throw new LockConfigurationError('--cert and --key need --cacert.');
  }
  const ca = fileOf('--cacert', cacert);
  if (cert === undefined && key === undefined) return { ca };
  if (cert === undefined || key === undefined) {
    throw new LockConfigurationError('--cert and --key go together.');
  }
  return {
    ca,
    cert: fileOf('--cert', cert),
    key: fileOf('--key', key),
  };
}

function fileOf(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new LockConfigurationError(`${option}: ${why}`, '', { cause });
  }
}

function authOf({ user, password }: ConnectionOptions) {
  if (user === undefined) return undefined;
  if (password !== undefined) return { username: user, password };
  const [username = '', ...rest] = user.split(':');
  if (rest.length > 0) return { username, password: rest.join(':') };
  throw new LockConfigurationError(
    '--user needs a password: --password, or ETCDCTL_PASSWORD.',
  );
}
