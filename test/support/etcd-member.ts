import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { etcdBinary, etcdEnvironment } from './etcd-binary.js';
import { restoreBackup } from './etcd-backup.js';
import { isRunning, killAndWait, own, stop } from './owned-process.js';
import { waitUntil } from './wait-until.js';

export interface MemberSettings {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** Where other members reach this one. @default its peer port */
  readonly peerUrl?: string;
  /** `name=url,…` of every member. */
  readonly cluster: string;
  readonly directory: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const START_TIMEOUT_MS = 30_000;

/** One etcd process with its own data directory and ports, which it keeps over restarts. */
export class EtcdMember {
  readonly name: string;
  readonly endpoint: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly dataDirectory: string;
  readonly #settings: MemberSettings;
  readonly #logPath: string;
  #child: ChildProcess | undefined;
  #joins: 'new' | 'existing' = 'new';
  #program: string | undefined;

  constructor(settings: MemberSettings) {
    this.#settings = settings;
    this.name = settings.name;
    this.clientPort = settings.clientPort;
    this.peerPort = settings.peerPort;
    this.dataDirectory = join(settings.directory, settings.name);
    this.endpoint = `http://127.0.0.1:${settings.clientPort}`;
    this.#logPath = join(settings.directory, `${settings.name}.log`);
  }

  get running(): boolean {
    return this.#child !== undefined && isRunning(this.#child);
  }

  /** The process that runs now. */
  get pid(): number {
    if (!this.#child || !isRunning(this.#child)) {
      throw new Error(`etcd member ${this.name} is not running.`);
    }
    return this.#child.pid!;
  }

  /** What the process has logged, over all its starts. */
  get log(): string {
    return readFileSync(this.#logPath, 'utf8');
  }

  /** Which etcd runs from its next start on. */
  use(program: string): void {
    this.#program = program;
  }

  /** Starts the process; it needs its peers to become healthy, so this does not wait for that. */
  launch(): void {
    const { name, peerPort, cluster, args, env } = this.#settings;
    const ownUrl = `http://127.0.0.1:${peerPort}`;
    const log = openSync(this.#logPath, 'a');
    this.#child = spawn(
      this.#program ?? etcdBinary(),
      [
        `--name=${name}`,
        `--data-dir=${this.dataDirectory}`,
        `--listen-client-urls=${this.endpoint}`,
        `--advertise-client-urls=${this.endpoint}`,
        `--listen-peer-urls=${ownUrl}`,
        `--initial-advertise-peer-urls=${this.peerUrl}`,
        `--initial-cluster=${cluster}`,
        `--initial-cluster-state=${this.#joins}`,
        '--logger=zap',
        ...args,
      ],
      { env: etcdEnvironment(env), stdio: ['ignore', log, log] },
    );
    own(this.#child);
    // Without a listener a missing binary would end the test process.
    this.#child.on('error', () => {});
    closeSync(log);
  }

  /** Resolves once this member answers a linearizable read, so once it knows a leader. */
  async healthy(): Promise<void> {
    await waitUntil(
      async () => {
        if (!this.#child || !isRunning(this.#child)) return 'ended' as const;
        const reply = await fetch(`${this.endpoint}/health`, {
          signal: AbortSignal.timeout(2_000),
        });
        const body = (await reply.json()) as { health?: unknown };
        return String(body.health) === 'true' && ('healthy' as const);
      },
      { what: `${this.name} to be healthy`, timeoutMs: START_TIMEOUT_MS },
    ).then((state) => {
      if (state === 'healthy') return;
      const tail = this.log.slice(-4_000);
      throw new Error(`etcd member ${this.name} ended at its start:\n${tail}`);
    });
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    stop(this.pid);
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** SIGKILL, also while paused; resolves when the process is gone. Data and ports are kept. */
  async kill(): Promise<void> {
    if (this.#child) await killAndWait(this.#child);
  }

  /** Kills the process and removes its data: started again, it is a new member of its cluster. */
  async forget(): Promise<void> {
    await this.kill();
    rmSync(this.dataDirectory, { recursive: true, force: true, maxRetries: 5 });
    this.#joins = 'existing';
  }

  /**
   * Kills the process and starts it on the data of a backup, as an operator would; without one it
   * comes back empty. Resolves once it is healthy. Only for a cluster of one.
   */
  async restore(backup?: string, ...flags: string[]): Promise<void> {
    await this.kill();
    const use = await this.newData(backup, ...flags);
    await use();
    this.launch();
    await this.healthy();
  }

  /**
   * Makes data of a backup, or none, and resolves to what kills the process and has it start with them
   * the next time.
   */
  async newData(
    backup?: string,
    ...flags: string[]
  ): Promise<() => Promise<void>> {
    const { name, dataDirectory: current, peerUrl } = this;
    const { cluster } = this.#settings;
    const made = `${current}.restored`;
    if (backup !== undefined) {
      const terms = { name, dataDirectory: made, peerUrl, cluster };
      await restoreBackup(backup, terms, flags);
    }
    return async () => {
      await this.kill();
      rmSync(current, { recursive: true, force: true, maxRetries: 5 });
      if (backup !== undefined) renameSync(made, current);
    };
  }

  /** Where other members reach it. */
  private get peerUrl(): string {
    return this.#settings.peerUrl ?? `http://127.0.0.1:${this.peerPort}`;
  }

  /**
   * Kills the process if it runs, starts it again on the same data and ports, and resolves once
   * it is healthy. A cluster without a majority needs several members restarted at once.
   */
  async restart(): Promise<void> {
    await this.kill();
    this.launch();
    await this.healthy();
  }
}
