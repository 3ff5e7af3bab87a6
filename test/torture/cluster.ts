import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callEtcd, isLeader } from '../support/etcd-gateway.js';
import { EtcdMember } from '../support/etcd-member.js';
import { freePorts } from '../support/free-port.js';
import { ownDirectory, removeDirectory } from '../support/owned-process.js';
import type { Conditions } from './network/conditions.js';
import { peerSource } from './network/peer-source.js';
import { Wire } from './network/wire.js';

const NAMES = ['m1', 'm2', 'm3'];

/** Three members that talk to each other through wires of ours. */
export class Cluster {
  private readonly names = new Map<bigint, string>();
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
    return this.members.map(({ endpoint }) => endpoint);
  }

  async leader(): Promise<EtcdMember | undefined> {
    const asked = this.members.map(async (member) =>
      (await isLeader(member.endpoint).catch(() => false)) ? [member] : [],
    );
    return (await Promise.all(asked)).flat()[0];
  }

  /** Starts whoever does not run, and resolves when all answer. */
  async healthy(): Promise<void> {
    for (const member of this.members) if (!member.running) member.launch();
    await Promise.all(this.members.map((member) => member.healthy()));
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
    const { directory } = this;
    const args = ['--unsafe-no-fsync'];
    this.#members = places.map(
      (place) =>
        new EtcdMember({ ...place, cluster, directory, args, env: {} }),
    );
    await this.healthy();
    const { members } = await callEtcd<{
      members: { ID: string; name: string }[];
    }>(this.endpoints, 'cluster/member/list', {});
    for (const { ID, name } of members) this.names.set(BigInt(ID), name);
    // Who dialled is told when a connection is made, and only now we know whose name that is.
    for (const wire of this.peerWires) wire.reset();
    await this.healthy();
  }
}
