import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../scripts/repository.mjs';
import { ended, own } from '../support/owned-process.js';
import { waitUntil } from '../support/wait-until.js';

export const MAIN = join(root, 'dist', 'esm', 'cli', 'main.js');

/** The built command, running. */
export class RunningCommand {
  stdout = '';
  stderr = '';

  constructor(readonly process: ChildProcess) {
    own(process);
    process.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1);
  }

  shows(text: string | RegExp): Promise<boolean> {
    return waitUntil(() => this.stdout.match(text) !== null, {
      what: `"${text}" in ${this.stdout} ${this.stderr}`,
    });
  }

  async end(): Promise<Ended> {
    await ended(this.process);
    const { stdout, stderr } = this;
    return { code: this.process.exitCode, stdout, stderr };
  }
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningCommand {
  return started(process.execPath, [MAIN, ...args], env);
}

/** The same in a terminal of its own, made by util-linux' `script`. */
export function startInTerminal(args: readonly string[]): RunningCommand {
  const command = [process.execPath, MAIN, ...args]
    .map((part) => `'${part}'`)
    .join(' ');
  const size = 'stty rows 24 cols 100';
  return started('script', ['-qec', `${size}; exec ${command}`, '/dev/null']);
}

export function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const command = start(args, env);
  command.process.stdin!.end();
  return command.end();
}

function started(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningCommand {
  return new RunningCommand(
    spawn(program, args, { env: { ...process.env, ...env } }),
  );
}
