import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { etcdBinary, etcdctlBinary, etcdEnvironment } from './etcd-binary.js';
import type { LabHost, NetworkLab } from './network-lab.js';
import {
  killAndWait,
  own,
  ownDirectory,
  removeDirectory,
} from './owned-process.js';
import { waitUntil } from './wait-until.js';

const run = promisify(execFile);

interface LabMember extends LabHost {
  readonly name: string;
  readonly endpoint: string;
  readonly peer: string;
}

/** An etcd whose members are on hosts of a lab, one on each. */
export class LabEtcd {
  private readonly children: ChildProcess[] = [];

  private constructor(
    private readonly members: readonly LabMember[],
    private readonly directory: string,
  ) {}

  static async start(
    lab: NetworkLab,
    hosts: readonly string[],
  ): Promise<LabEtcd> {
    const members = hosts.map((name) => {
      const host = lab.host(name);
      return {
        name,
        ...host,
        endpoint: `http://${host.address}:2379`,
        peer: `http://${host.address}:2380`,
      };
    });
    const directory = mkdtempSync(join(tmpdir(), 'nestjs-etcd-lock-'));
    ownDirectory(directory);
    const etcd = new LabEtcd(members, directory);
    for (const member of members) etcd.launch(member);
    await waitUntil(() => etcd.names('any'), { what: 'etcd to be healthy' });
    return etcd;
  }

  get endpoints(): readonly string[] {
    return this.members.map(({ endpoint }) => endpoint);
  }

  endpointOf(host: string): string {
    return this.member(host).endpoint;
  }

  /** All keys below a prefix, oldest first, as a member knows them by whom it can reach. */
  async names(prefix: string, host = this.members[0]!.name): Promise<string[]> {
    const listing = ['get', '--prefix', '--keys-only', '--sort-by=CREATE'];
    const said = await this.ask(host, ...listing, prefix);
    return said.split('\n').filter(Boolean);
  }

  /** Resolves once so many tickets stand in the queue of a key. */
  queued(key: string, count: number, host?: string): Promise<string[]> {
    return waitUntil(
      async () => {
        const names = await this.names(`locks/${key}/`, host);
        return names.length === count && names;
      },
      { what: `${count} tickets for ${key}`, timeoutMs: 40_000 },
    );
  }

  /** The host of the member that leads. */
  async leader(): Promise<string> {
    for (const { name } of this.members) {
      const said = await this.ask(name, 'endpoint', 'status', '-w=json');
      const [{ Status }] = JSON.parse(said) as [
        { Status: { leader: number; header: { member_id: number } } },
      ];
      if (Status.leader === Status.header.member_id) return name;
    }
    throw new Error('Nobody leads.');
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map((one) => killAndWait(one)));
    removeDirectory(this.directory);
  }

  private launch({ name, endpoint, peer, prefix }: LabMember): void {
    const cluster = this.members.map((one) => `${one.name}=${one.peer}`).join();
    const args = [
      ...prefix.slice(1),
      etcdBinary(),
      `--name=${name}`,
      `--data-dir=${join(this.directory, name)}`,
      `--listen-client-urls=${endpoint}`,
      `--advertise-client-urls=${endpoint}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=${cluster}`,
      '--logger=zap',
      '--unsafe-no-fsync',
    ];
    const child = spawn(prefix[0]!, args, {
      env: etcdEnvironment(),
      stdio: 'ignore',
    });
    own(child);
    this.children.push(child);
  }

  private async ask(host: string, ...args: readonly string[]): Promise<string> {
    const { prefix, endpoint } = this.member(host);
    const command = [
      ...prefix.slice(1),
      etcdctlBinary(),
      `--endpoints=${endpoint}`,
      ...args,
    ];
    const { stdout } = await run(prefix[0]!, command, {
      env: etcdEnvironment({ ETCDCTL_API: '3' }),
      timeout: 10_000,
    });
    return stdout;
  }

  private member(host: string): LabMember {
    return this.members.find(({ name }) => name === host)!;
  }
}
