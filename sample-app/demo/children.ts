import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KeeperMessage } from './keeper.js';

export type Child = ChildProcess & { readonly pid: number };

/**
 * Every process and directory of the demo. `detached`: Ctrl-C in a terminal reaches the demo only,
 * which then ends the others in order.
 */
export class Children {
  private readonly running = new Set<Child>();
  private closed = false;

  private constructor(private readonly keeper: ChildProcess) {}

  static async open(): Promise<Children> {
    const program = fileURLToPath(new URL('./keeper.js', import.meta.url));
    const keeper = fork(program, { detached: true, stdio: 'ignore' });
    await once(keeper, 'message');
    return new Children(keeper);
  }

  get keeperPid(): number | undefined {
    return this.keeper.pid;
  }

  start(command: string, args: string[], env: NodeJS.ProcessEnv): Child {
    if (this.closed) throw new Error('The demo is ending.');
    const child = spawn(command, args, {
      detached: true,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid === undefined) {
      child.once('error', () => {});
      throw new Error(`Cannot run "${command}".`);
    }
    const running = child as Child;
    this.running.add(running);
    this.tell({ started: running.pid });
    child.once('exit', () => {
      this.running.delete(running);
      this.tell({ ended: running.pid });
    });
    return running;
  }

  directory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'nestjs-etcd-lock-demo-'));
    this.tell({ directory });
    return directory;
  }

  /** Resolves once every process is gone and every directory removed. */
  async end(): Promise<void> {
    this.closed = true;
    // SIGKILL, because a paused process hears nothing else. Nothing here has data to save.
    const exits = [...this.running].map((child) => {
      child.kill('SIGKILL');
      return once(child, 'exit');
    });
    await Promise.all(exits);
    if (!this.keeper.connected) return;
    this.keeper.disconnect();
    await once(this.keeper, 'exit');
  }

  private tell(message: KeeperMessage): void {
    if (this.keeper.connected) this.keeper.send(message, () => {});
  }
}
