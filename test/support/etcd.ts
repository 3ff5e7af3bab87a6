import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EtcdMember } from './etcd-member.js';
import { type EtcdctlOptions, runEtcdctl } from './etcdctl.js';
import { freePorts } from './free-port.js';
import { ownDirectory, removeDirectory } from './owned-process.js';

export type { EtcdMember } from './etcd-member.js';

export interface StartEtcdOptions {
  /** @default 1 */
  readonly members?: 1 | 3;
  /** Further command line arguments for every member. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Which etcd. @default that on which the tests run */
  readonly program?: string;
  /**
   * Whether writes reach the disk before they are answered. Without, data still survives a
   * killed process, though not a killed machine, and tests do not wait for the disk.
   *
   * @default false
   */
  readonly fsync?: boolean;
}

/** etcd as its own processes, on 127.0.0.1 and in a temporary directory. */
export interface Etcd {
  readonly endpoints: readonly string[];
  readonly members: readonly EtcdMember[];
  /** The first member: the only one unless three were asked for. */
  readonly member: EtcdMember;
  /** Runs etcdctl against all endpoints and resolves with its standard output. */
  etcdctl(...args: string[]): Promise<string>;
  etcdctlWith(options: EtcdctlOptions, ...args: string[]): Promise<string>;
  /** Kills every member, paused or not, and removes their data. Idempotent. */
  stop(): Promise<void>;
}

const ATTEMPTS = 5;

/** Starts etcd and resolves once every member is healthy. */
export async function startEtcd(options: StartEtcdOptions = {}): Promise<Etcd> {
  for (let attempt = 1; ; attempt++) {
    const etcd = await prepare(options);
    try {
      for (const member of etcd.members) {
        if (options.program) member.use(options.program);
        member.launch();
      }
      await Promise.all(etcd.members.map((member) => member.healthy()));
      return etcd;
    } catch (error) {
      await etcd.stop();
      const portTaken = /address already in use/.test(String(error));
      if (!portTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function prepare(options: StartEtcdOptions): Promise<Etcd> {
  const { members: count = 1, args = [], env = {}, fsync = false } = options;
  const directory = mkdtempSync(join(tmpdir(), 'nestjs-etcd-lock-'));
  ownDirectory(directory);
  const ports = await freePorts(count * 2);
  const places = Array.from({ length: count }, (_, index) => ({
    name: `m${index + 1}`,
    clientPort: ports[index * 2]!,
    peerPort: ports[index * 2 + 1]!,
  }));
  const cluster = places
    .map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`)
    .join(',');
  const members = places.map(
    (place) =>
      new EtcdMember({
        ...place,
        cluster,
        directory,
        env,
        args: fsync ? args : ['--unsafe-no-fsync', ...args],
      }),
  );
  const endpoints = members.map((member) => member.endpoint);
  return {
    endpoints,
    members,
    member: members[0]!,
    etcdctl: (...rest) => runEtcdctl(endpoints, rest),
    etcdctlWith: (how, ...rest) => runEtcdctl(endpoints, rest, how),
    async stop() {
      await Promise.all(members.map((member) => member.kill()));
      removeDirectory(directory);
    },
  };
}
