import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, type TestContext } from 'vitest';
import { isRunning, killAndWait, own } from '../support/owned-process.js';
import { waitUntil } from '../support/wait-until.js';

const PROGRAM = fileURLToPath(
  new URL('../../dist/sample-app/demo/main.js', import.meta.url),
);

/** The demo as a user sees it: a program that prints, and ends. */
class Demo {
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

const NOTHING = { pids: [], directories: [] };

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

describe('npm run demo', () => {
  function start({ onTestFinished }: TestContext, env?: NodeJS.ProcessEnv) {
    const demo = new Demo(env);
    onTestFinished(() => killAndWait(demo.child));
    return demo;
  }

  // By itself: some of its promises have bounds of time.
  it('keeps every promise, shows the oversell without the lock, and leaves nothing behind', async (context) => {
    const demo = start(context);
    const code = await demo.ends();
    const seen = (line: RegExp) =>
      (line.exec(demo.output) ?? [demo.output]).slice(1).map(Number);

    expect(demo.output).not.toContain('BROKEN');
    expect(demo.output).toMatch(/^ok +units sold with the lock .*40 of 40$/m);
    const [oversold] = seen(/^- +units sold without it .* (\d+) too many$/m);
    expect(oversold).toBeGreaterThan(0);
    expect(demo.output).toMatch(/^ok +ids issued, duplicates .* 2250, 0$/m);

    const [ticks, runs] = seen(
      /^ok +report ticks, undisturbed .* (\d+) ticks, (\d+) runs$/m,
    );
    expect(ticks).toBeGreaterThanOrEqual(5);
    expect(runs).toBe(ticks);

    const takenOver = [
      ...demo.output.matchAll(
        /^ok +holder (\w+), .* within (\d+) ms +after (\d+) ms$/gm,
      ),
    ];
    expect(takenOver.map(([, how]) => how)).toEqual([
      'paused',
      'killed',
      'stopped',
    ]);
    expect(
      demo.output.match(/^ok +books of .* 0 written twice$/gm),
    ).toHaveLength(3);
    expect(code).toBe(0);
    expect(demo.pids.length).toBeGreaterThanOrEqual(5);
    expect(demo.leftovers).toEqual(NOTHING);
  }, 150_000);

  it.concurrent(
    'ends all its processes on Ctrl-C, also one that is paused',
    async (context) => {
      const demo = start(context);
      await demo.prints(/<- SIGSTOP/);
      demo.child.kill('SIGINT');

      expect(await demo.ends()).toBe(130);
      expect(demo.pids.length).toBeGreaterThanOrEqual(5);
      expect(demo.leftovers).toEqual(NOTHING);
    },
    120_000,
  );

  it.concurrent(
    'ends all its processes when it is killed itself',
    async (context) => {
      const demo = start(context);
      await demo.prints(/<- SIGSTOP/);
      demo.child.kill('SIGKILL');

      expect(await demo.ends()).toBe('SIGKILL');
      expect(demo.pids.length).toBeGreaterThanOrEqual(5);
      await expect
        .poll(() => demo.leftovers, { timeout: 10_000 })
        .toEqual(NOTHING);
    },
    120_000,
  );

  it.concurrent(
    'names the etcd that does not answer',
    async (context) => {
      const demo = start(context, { ETCD_ENDPOINTS: 'http://127.0.0.1:1' });

      expect(await demo.ends()).toBe(1);
      expect(demo.output).toContain(
        'etcd does not answer at http://127.0.0.1:1',
      );
      expect(demo.leftovers).toEqual(NOTHING);
    },
    120_000,
  );
});
