import { spawnWorker, type Worker } from '../../support/worker.js';
import type { HistoryFile } from '../history/history-file.js';
import type { Wire } from '../network/wire.js';
import type {
  RegisterCall,
  TortureWorkerSettings,
} from '../worker/worker-settings.js';
import type { Registers } from './registers.js';

export interface CrewMemberTerms {
  readonly name: string;
  readonly settings: Omit<TortureWorkerSettings, 'who' | 'seed' | 'hosts'>;
  readonly seed: number;
  /** The program that runs it. @default the one that runs this */
  readonly node: string | undefined;
  /** Its own ways to the members of the cluster. */
  readonly wires: readonly Wire[];
  readonly history: HistoryFile;
  readonly registers: Registers;
}

const START_MS = 60_000;

/** A place for a worker: when its process is killed, another one takes it. */
export class CrewMember {
  /** What no worker may do, such as ending by itself. */
  readonly complaints: string[] = [];
  private incarnation = 0;
  private worker: Worker | undefined;
  private ends = false;

  constructor(private readonly terms: CrewMemberTerms) {}

  get name(): string {
    return this.terms.name;
  }

  /** The name under which the process of now writes its history. */
  get who(): string {
    return `${this.name}.${this.incarnation}`;
  }

  /** Whether its process logs in where etcd demands it. */
  get logsIn(): boolean {
    return this.terms.settings.auth !== undefined;
  }

  get wires(): readonly Wire[] {
    return this.terms.wires;
  }

  async start(): Promise<void> {
    this.incarnation += 1;
    const { settings, seed, wires } = this.terms;
    const { who } = this;
    const all: TortureWorkerSettings = {
      ...settings,
      who,
      seed: seed + this.incarnation * 1_000,
      hosts: wires.map(({ endpoint }) => endpoint),
    };
    const worker = spawnWorker(
      new URL('../worker/torture.worker.ts', import.meta.url),
      { TORTURE_WORKER: JSON.stringify(all) },
      [],
      this.terms.node,
    );
    this.worker = worker;
    this.ends = false;
    void this.watch(worker);
    void this.serveRegisters(worker);
    await worker.next('ready', START_MS);
  }

  async kill(): Promise<void> {
    this.ends = true;
    this.terms.history.add({ kind: 'killed', subject: this.who });
    await this.worker!.kill();
  }

  pause(): void {
    this.worker!.pause();
  }

  resume(): void {
    this.worker!.resume();
  }

  order(type: 'block' | 'shift', ms: number): void {
    this.worker!.send({ type, ms });
  }

  /** Resolves when all work has ended that was done under a lock when it was asked, or its process has. */
  async settled(): Promise<void> {
    const { worker } = this;
    worker!.send({ type: 'settle' });
    await worker!.next('settled', 2 ** 31 - 1).catch(() => {});
  }

  /** Resolves when nothing is under way any more. */
  async drain(timeoutMs: number): Promise<void> {
    this.worker!.send({ type: 'drain' });
    try {
      await this.worker!.next('idle', timeoutMs);
    } catch {
      this.complaints.push(`${this.who} did not come to an end`);
    }
  }

  /** Closes its client; then the process has to end by itself, and well. */
  async close(timeoutMs: number): Promise<void> {
    this.ends = true;
    const { worker, who } = this;
    worker!.send({ type: 'close' });
    const code = await worker!.exit(timeoutMs).catch(() => undefined);
    if (code === 0) return;
    this.complaints.push(
      `${who} ${code === undefined ? 'did not end by itself' : `ended with ${code}`}. ${worker!.output}`,
    );
    await worker!.kill();
  }

  async stop(): Promise<void> {
    this.ends = true;
    await this.worker?.kill();
  }

  private async watch(worker: Worker): Promise<void> {
    const { who } = this;
    const code = await worker.exit(2 ** 31 - 1);
    if (this.ends || worker !== this.worker) return;
    this.complaints.push(`${who} ended with ${code}. ${worker.output}`);
  }

  private async serveRegisters(worker: Worker): Promise<void> {
    const { registers } = this.terms;
    try {
      for (;;) {
        const call = await worker.next<RegisterCall>('register', 2 ** 31 - 1);
        const reply = registers.answer(call);
        worker.send({ type: `register ${call.call}`, ...reply });
      }
    } catch {
      // The worker has ended.
    }
  }
}
