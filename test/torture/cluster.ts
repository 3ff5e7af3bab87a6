import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { revisionOfBackup } from '../support/etcd-backup.js';
import { etcdctlBinary, etcdEnvironment } from '../support/etcd-binary.js';
import {
  callEtcd,
  currentRevision,
  dataOf,
  isLeader,
} from '../support/etcd-gateway.js';
import { EtcdMember } from '../support/etcd-member.js';
import { freePorts } from '../support/free-port.js';
import { ownDirectory, removeDirectory } from '../support/owned-process.js';
import { shortTokens } from '../support/short-tokens.js';
import { waitUntil } from '../support/wait-until.js';
import { now } from './history/history-file.js';
import { createUser, USER, withLogin } from './login.js';
import type { Conditions } from './network/conditions.js';
import { peerSource } from './network/peer-source.js';
import { Wire } from './network/wire.js';

const run = promisify(execFile);
const NAMES = ['m1', 'm2', 'm3'];

interface ListedMember {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs: readonly string[];
}

/** What one member had, for all of them to begin with anew. */
export interface Backup {
  readonly path: string;
  readonly revision: bigint;
}

/** Three members that talk to each other through wires of ours. */
export class Cluster {
  private readonly names = new Map<bigint, string>();
  /** Perhaps, if nobody answered. */
  private readonly removed = new Set<EtcdMember>();
  private readonly peerUrls = new Map<string, string>();
  private loginDemands = 0;
  /** How often it was restored. */
  restores = 0;
  private backups = 0;
  #members: readonly EtcdMember[] = [];
  private readonly peerWires: Wire[] = [];

  private constructor(
    private readonly conditions: Conditions,
    readonly directory: string,
  ) {}

  static async start(conditions: Conditions): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), 'nestjs-etcd-lock-torture-'));
    ownDirectory(directory);
    const cluster = new Cluster(conditions, directory);
    await cluster.launch();
    return cluster;
  }

  get members(): readonly EtcdMember[] {
    return this.#members;
  }

  /** Past all wires: for those who only look. */
  get endpoints(): readonly string[] {
    return this.members.map(({ endpoint }) => withLogin(endpoint));
  }

  /** For clients that take a login apart. */
  get plainEndpoints(): readonly string[] {
    return this.members.map(({ endpoint }) => endpoint);
  }

  async leader(): Promise<EtcdMember | undefined> {
    const asked = this.members.map(async (member) =>
      (await isLeader(withLogin(member.endpoint)).catch(() => false))
        ? [member]
        : [],
    );
    return (await Promise.all(asked)).flat()[0];
  }

  /** Starts whoever does not run, and resolves when all answer. */
  async healthy(): Promise<void> {
    for (const member of this.members) await this.restore(member);
    await Promise.all(this.members.map((member) => member.healthy()));
  }

  /** Starts it if it does not run, and makes it a member if it is none. */
  async restore(member: EtcdMember): Promise<void> {
    if (this.removed.has(member) && !(await this.isMember(member))) {
      await this.add(member);
    } else if (!member.running) member.launch();
    this.removed.delete(member);
  }

  /** Takes the member out of the cluster, with all it knew. */
  async remove(member: EtcdMember): Promise<void> {
    const known = await this.idOf(member);
    if (known === undefined) return;
    this.removed.add(member);
    const others = this.members.filter((one) => one !== member);
    await callEtcd(
      others.map(({ endpoint }) => withLogin(endpoint)),
      'cluster/member/remove',
      { ID: known },
    );
    await member.forget();
  }

  /** Makes the member one of the cluster again, without knowing anything. */
  private async add(member: EtcdMember): Promise<void> {
    await waitUntil(
      async () => {
        if (!(await this.isMember(member))) {
          const peerURLs = [this.peerUrls.get(member.name)!];
          await callEtcd(this.endpoints, 'cluster/member/add', { peerURLs });
        }
        const id = await this.idOf(member);
        if (id !== undefined) this.names.set(BigInt(id), member.name);
        return id !== undefined;
      },
      { what: `${member.name} to be added`, timeoutMs: 60_000 },
    );
    await member.forget();
    member.launch();
  }

  /** Until everybody who has demanded them lets everybody in. */
  async demandLogins(): Promise<void> {
    this.loginDemands += 1;
    await callEtcd(this.endpoints, 'auth/enable', {});
  }

  async letEverybodyIn(): Promise<void> {
    this.loginDemands -= 1;
    await waitUntil(
      async () => {
        if (this.demandsLogins) return true;
        await callEtcd(this.endpoints, 'auth/disable', {});
        return true;
      },
      { what: 'authentication to end', timeoutMs: 60_000 },
    );
  }

  get demandsLogins(): boolean {
    return this.loginDemands > 0;
  }

  /** Writes down what `member` has, once it has all that was confirmed before. */
  async backup(member: EtcdMember): Promise<Backup> {
    await currentRevision([withLogin(member.endpoint)]);
    const path = join(this.directory, `backup-${(this.backups += 1)}.db`);
    await run(
      etcdctlBinary(),
      [
        `--endpoints=${member.endpoint}`,
        `--user=${USER.username}:${USER.password}`,
        'snapshot',
        'save',
        path,
      ],
      { env: etcdEnvironment({ ETCDCTL_API: '3' }), timeout: 20_000 },
    );
    return { path, revision: await revisionOfBackup(path) };
  }

  /**
   * Kills all members and starts them with what a backup has. Resolves when they answer, to the time
   * since which they are gone.
   */
  async restoreBackup({ path }: Backup, flags: readonly string[]) {
    this.restores += 1;
    const ready = await Promise.all(
      this.members.map((member) => member.newData(path, ...flags)),
    );
    const from = now().mono;
    await Promise.all(ready.map((use) => use()));
    for (const member of this.members) member.launch();
    this.names.clear();
    await this.healthy();
    await this.learnNames();
    return from;
  }

  /** What the members have, one after the other, unless all come to have the same. */
  async disagreement(): Promise<string[]> {
    let seen: string[] = [];
    const agreed = async () => {
      seen = await Promise.all(this.endpoints.map((one) => dataOf(one)));
      return new Set(seen).size === 1;
    };
    return waitUntil(agreed, { timeoutMs: 5_000 }).then(
      () => [],
      () => seen,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    for (const wire of this.peerWires) wire.close();
    removeDirectory(this.directory);
  }

  private async launch(): Promise<void> {
    const ports = await freePorts(NAMES.length * 2);
    const source = peerSource((id) => this.names.get(id));
    const places = await Promise.all(
      NAMES.map(async (name, index) => {
        const clientPort = ports[index * 2]!;
        const peerPort = ports[index * 2 + 1]!;
        const { conditions } = this;
        const options = { port: peerPort, target: name, conditions, source };
        const wire = await Wire.start(options);
        this.peerWires.push(wire);
        return { name, clientPort, peerPort, peerUrl: wire.endpoint };
      }),
    );
    const cluster = places
      .map(({ name, peerUrl }) => `${name}=${peerUrl}`)
      .join(',');
    for (const { name, peerUrl } of places) this.peerUrls.set(name, peerUrl);
    const { directory } = this;
    const args = ['--unsafe-no-fsync', ...shortTokens(directory)];
    this.#members = places.map(
      (place) =>
        new EtcdMember({ ...place, cluster, directory, args, env: {} }),
    );
    await this.healthy();
    await createUser(this.plainEndpoints);
    await this.learnNames();
  }

  private async learnNames(): Promise<void> {
    for (const { ID, name } of await this.list())
      this.names.set(BigInt(ID), name!);
    // Who dialled is told when a connection is made, and only now we know whose name that is.
    for (const wire of this.peerWires) wire.reset();
    await this.healthy();
  }

  private async isMember(member: EtcdMember): Promise<boolean> {
    return (await this.idOf(member)) !== undefined;
  }

  /** A member that was added has no name before it has begun. */
  private async idOf({ name }: EtcdMember): Promise<string | undefined> {
    const url = this.peerUrls.get(name)!;
    const found = (await this.list()).find(({ peerURLs }) =>
      peerURLs.includes(url),
    );
    return found?.ID;
  }

  /** As the leader knows it: others may not have heard. */
  private async list(): Promise<ListedMember[]> {
    const leader = await waitUntil(() => this.leader(), {
      what: 'a leader',
      timeoutMs: 30_000,
    });
    const { members } = await callEtcd<{ members: ListedMember[] }>(
      [withLogin(leader.endpoint)],
      'cluster/member/list',
      {},
    );
    return members;
  }
}
