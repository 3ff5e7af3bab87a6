import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { root } from '../../../scripts/repository.mjs';
import { isRunning, killAndWait, own } from '../../support/owned-process.js';
import { waitUntil } from '../../support/wait-until.js';

const PROGRAM = join(root, 'dist', 'sample-app', 'demo', 'main.js');

/** The demo as a user sees it: a program that prints, and ends. */
export class Demo {
  output = '';
  readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;

  constructor(env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [PROGRAM], {
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    own(this.child);
    this.closed = once(this.child, 'close');
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream!
        .setEncoding('utf8')
        .on('data', (text: string) => (this.output += text));
    }
  }

  async prints(pattern: RegExp): Promise<void> {
    await waitUntil(() => pattern.test(this.output) || !isRunning(this.child), {
      what: `the demo to print ${pattern}`,
      timeoutMs: 90_000,
    });
    expect(this.output).toMatch(pattern);
  }

  /** Killed, if it still runs, when the test is over. */
  static startFor(
    { onTestFinished }: TestContext,
    env?: NodeJS.ProcessEnv,
  ): Demo {
    const demo = new Demo(env);
    onTestFinished(() => killAndWait(demo.child));
    return demo;
  }

  /** Resolves with the exit code, or the signal that ended it. */
  async ends(): Promise<number | NodeJS.Signals | null> {
    await this.closed;
    return this.child.exitCode ?? this.child.signalCode;
  }

  /** The processes it has named; three instances, the keeper, and its own etcd if it has one. */
  get pids(): number[] {
    return [...this.output.matchAll(/pid (\d+)/g)].map(([, pid]) =>
      Number(pid),
    );
  }

  get leftovers(): { pids: number[]; directories: string[] } {
    const directories = [...this.output.matchAll(/data in (\S+)/g)];
    return {
      pids: this.pids.filter(isAlive),
      directories: directories.map(([, path]) => path!).filter(existsSync),
    };
  }
}

export const NOTHING = { pids: [], directories: [] };

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // An orphan that has ended but that nobody has asked for its exit code.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return !existsSync('/proc');
  }
}
