import { spawn } from 'node:child_process';
import { ended, killAndWait, own } from './owned-process.js';
import { within } from './wait-until.js';

/** A running program of somebody else's that contends for the same etcd names. */
export interface HolderProgram {
  readonly pid: number;
  /** Whether it has said that it holds. */
  readonly held: boolean;
  /** Resolves, once it holds, with what it said: the name of its key in etcd. */
  holds(timeoutMs?: number): Promise<string>;
  /** Ends it as Ctrl-C does, which gives back what it holds; resolves when the process is gone. */
  release(): Promise<void>;
  /** SIGKILL: its key stays until its lease ends. */
  kill(): Promise<void>;
}

/** Starts a program whose first line says that it holds. `what` names it in errors. */
export function startHolder(
  program: string,
  args: readonly string[],
  { env, what }: { readonly env: NodeJS.ProcessEnv; readonly what: string },
): HolderProgram {
  const child = spawn(program, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  own(child);
  let said = '';
  let complained = '';
  let held = false;
  const holding = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const end = said.indexOf('\n');
      if (end < 0) return;
      held = true;
      resolve(said.slice(0, end));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
    });
    child.once('error', reject);
    child.once('close', () =>
      reject(new Error(`${what} ended first. ${complained.trim()}`)),
    );
  });
  // Only whoever asks `holds()` is to hear of the rejection.
  holding.catch(() => {});
  return {
    get pid() {
      return child.pid!;
    },
    get held() {
      return held;
    },
    holds: (timeoutMs) => within(holding, `${what} to hold`, timeoutMs),
    async release() {
      const end = ended(child);
      child.kill('SIGINT');
      await within(end, `${what} to give back`);
      held = false;
    },
    async kill() {
      await killAndWait(child);
      held = false;
    },
  };
}
