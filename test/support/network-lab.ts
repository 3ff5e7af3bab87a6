import { execFileSync, type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { isRunning, killAndWait, own } from './owned-process.js';
import { waitUntil } from './wait-until.js';

const env = {
  ...process.env,
  PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
};

/** A network namespace. It lives as long as a process is in it. */
class Namespace {
  private constructor(private readonly child: ChildProcess) {}

  static async make(): Promise<Namespace> {
    const child = spawn('unshare', ['--net', 'sleep', 'infinity'], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    own(child);
    const networkOf = (pid: number) => readlinkSync(`/proc/${pid}/ns/net`);
    await waitUntil(
      () =>
        isRunning(child) && networkOf(child.pid!) !== networkOf(process.pid),
      { what: 'a network namespace' },
    );
    return new Namespace(child);
  }

  get pid(): string {
    return `${this.child.pid}`;
  }

  /** What a command has to begin with, to run there. */
  get prefix(): readonly string[] {
    return ['nsenter', '--target', this.pid, '--net'];
  }

  /** Runs a command there to its end. */
  run(...command: readonly string[]): string {
    const [program, ...args] = [...this.prefix, ...command] as [string];
    return execFileSync(program, args, { env, encoding: 'utf8' });
  }

  end(): Promise<void> {
    return killAndWait(this.child);
  }
}

/** A machine of a lab: what runs in its namespace has this address and no other. */
export interface LabHost {
  readonly address: string;
  readonly prefix: readonly string[];
}

interface Wired extends LabHost {
  readonly namespace: Namespace;
  /** The router's end of its wire. */
  readonly wire: string;
}

/** What becomes of packets between two hosts. */
export type Cut =
  /** They vanish, as in a partition or where a host swallows them. */
  | 'blackhole'
  /** The sender is told that there is no way. */
  | 'unreachable';

/**
 * Hosts with a router between them, each in a network namespace of its own. They are there as long
 * as their processes are: nothing of this machine's own network is changed, and nothing is left.
 */
export class NetworkLab {
  private readonly hosts = new Map<string, Wired>();
  private readonly rules: (readonly string[])[] = [];

  private constructor(private readonly router: Namespace) {}

  static async start(names: readonly string[]): Promise<NetworkLab> {
    const lab = new NetworkLab(await Namespace.make());
    lab.router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    for (const name of names) await lab.add(name);
    return lab;
  }

  host(name: string): LabHost {
    return this.wired(name);
  }

  /** Packets from one host to the other go no further; the other way they do. */
  cutOneWay(from: string, to: string, cut: Cut = 'blackhole'): void {
    const [source, target] = [this.wired(from), this.wired(to)];
    const rule = ['from', source.address, 'to', target.address, cut];
    this.router.run('ip', 'rule', 'add', ...rule);
    this.rules.push(rule);
  }

  cut(one: string, other: string, cut: Cut = 'blackhole'): void {
    this.cutOneWay(one, other, cut);
    this.cutOneWay(other, one, cut);
  }

  /** As if its cable were pulled. */
  unplug(name: string): void {
    this.router.run('ip', 'link', 'set', this.wired(name).wire, 'down');
  }

  /** Each packet to and from the host takes so much longer. Not every kernel has netem for it. */
  slow(name: string, ms: number): void {
    const { namespace, wire } = this.wired(name);
    const delay = ['root', 'netem', 'delay', `${ms}ms`];
    this.router.run('tc', 'qdisc', 'add', 'dev', wire, ...delay);
    namespace.run('tc', 'qdisc', 'add', 'dev', 'eth0', ...delay);
  }

  /** Undoes every cut, and plugs in whatever is not. */
  heal(): void {
    for (const rule of this.rules.splice(0)) {
      this.router.run('ip', 'rule', 'del', ...rule);
    }
    for (const { wire } of this.hosts.values()) {
      this.router.run('ip', 'link', 'set', wire, 'up');
    }
  }

  async stop(): Promise<void> {
    const hosts = [...this.hosts.values()].map(({ namespace }) => namespace);
    await Promise.all([this.router, ...hosts].map((one) => one.end()));
  }

  private async add(name: string): Promise<void> {
    const index = this.hosts.size + 1;
    const wire = `wire${index}`;
    const address = `10.77.${index}.2`;
    const gateway = `10.77.${index}.1`;
    const namespace = await Namespace.make();
    const { prefix } = namespace;
    this.hosts.set(name, { address, prefix, namespace, wire });
    this.router.run(
      ...['ip', 'link', 'add', wire, 'type', 'veth'],
      ...['peer', 'name', 'eth0', 'netns', namespace.pid],
    );
    this.router.run('ip', 'address', 'add', `${gateway}/24`, 'dev', wire);
    this.router.run('ip', 'link', 'set', wire, 'up');
    namespace.run('ip', 'link', 'set', 'lo', 'up');
    namespace.run('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
    namespace.run('ip', 'link', 'set', 'eth0', 'up');
    namespace.run('ip', 'route', 'add', 'default', 'via', gateway);
  }

  private wired(name: string): Wired {
    const host = this.hosts.get(name);
    if (!host) throw new Error(`The lab has no ${name}.`);
    return host;
  }
}
