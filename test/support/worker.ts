import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ended, killAndWait, own, stop } from './owned-process.js';
import { within } from './wait-until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface WorkerMessage {
  readonly type: string;
}

/** A TypeScript file run as its own process; its side of the talk is `worker-port.ts`. */
export interface Worker {
  readonly pid: number;
  /** Every message so far, also those that `next` has handed out. */
  readonly messages: readonly WorkerMessage[];
  /** What it wrote to standard output and standard error. */
  readonly output: string;
  /**
   * The oldest message of this type that `next` has not handed out yet. Rejects when the worker
   * ends before it, with what the worker wrote.
   */
  next<T extends object = object>(
    type: string,
    timeoutMs?: number,
  ): Promise<WorkerMessage & T>;
  /** Everything that structured clone can carry, so also bigints. */
  send(message: WorkerMessage & Record<string, unknown>): void;
  /** Asks for the end as an operator does. */
  terminate(): void;
  pause(): void;
  resume(): void;
  /** SIGKILL, also while paused; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Resolves with the exit code, or the signal that ended it. */
  exit(timeoutMs?: number): Promise<number | NodeJS.Signals>;
}

/**
 * Runs `file` (a path, or a URL made with `new URL('…', import.meta.url)`) through tsx. `prefix` is a
 * command that becomes the one which follows it, `node` another Node.
 */
export function spawnWorker(
  file: string | URL,
  env: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
  node = process.execPath,
): Worker {
  const [execPath, ...command] = [...prefix, node] as [string];
  const child = fork(typeof file === 'string' ? file : fileURLToPath(file), {
    cwd: root,
    execPath,
    execArgv: [...command, '--import', 'tsx'],
    env: { ...environment(), ...env },
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  own(child);
  const messages: WorkerMessage[] = [];
  const unread: WorkerMessage[] = [];
  const changed = new Set<() => void>();
  const announce = () => changed.forEach((check) => check());
  let output = '';
  let closed = false;
  child.stdout!.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr!.on('data', (text: Buffer) => (output += text.toString()));
  child.on('message', (message: WorkerMessage) => {
    messages.push(message);
    unread.push(message);
    announce();
  });
  child.on('error', (error) => (output += String(error)));
  // Not 'exit': messages and output can still arrive after it.
  child.once('close', () => {
    closed = true;
    announce();
  });

  const next = <T extends object>(type: string, timeoutMs = 30_000) =>
    new Promise<WorkerMessage & T>((resolve, reject) => {
      const settle = (action: () => void) => {
        clearTimeout(timer);
        changed.delete(check);
        action();
      };
      const fail = (why: string) =>
        settle(() => reject(new Error(`${why}\n${output}`)));
      const check = () => {
        const index = unread.findIndex((message) => message.type === type);
        if (index >= 0) {
          const [message] = unread.splice(index, 1);
          settle(() => resolve(message as WorkerMessage & T));
        } else if (closed) {
          fail(
            `Worker ${child.pid} ended without a "${type}" (${child.exitCode ?? child.signalCode}).`,
          );
        }
      };
      const timer = setTimeout(() => {
        fail(
          `Waited ${timeoutMs} ms in vain for "${type}" of worker ${child.pid}.`,
        );
      }, timeoutMs);
      changed.add(check);
      check();
    });

  return {
    get pid() {
      return child.pid!;
    },
    messages,
    get output() {
      return output;
    },
    next,
    send: (message) => void child.send(message),
    terminate: () => void child.kill('SIGTERM'),
    pause: () => stop(child.pid!),
    resume: () => void child.kill('SIGCONT'),
    kill: () => killAndWait(child),
    async exit(timeoutMs) {
      await within(ended(child), `worker ${child.pid} to end`, timeoutMs);
      return child.exitCode ?? child.signalCode!;
    },
  };
}

/** Without what the test runner sets for itself. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return Object.fromEntries(
    Object.entries(rest).filter(([name]) => !name.startsWith('VITEST')),
  );
}
