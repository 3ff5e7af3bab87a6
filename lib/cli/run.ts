import { CommanderError } from 'commander';
import { isLockError } from '../core/index.js';
import { printable } from './printable.js';
import { program } from './program.js';
import type { Terminal } from './terminal.js';

/** 0: done. 1: not done. 2: wrong usage. 3: there was nothing to do. */
export type ExitCode = 0 | 1 | 2 | 3;

/** Runs one command to its end. */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  version: string,
): Promise<ExitCode> {
  let code: ExitCode = 0;
  const ends = (other: ExitCode) => {
    code = other;
  };
  try {
    await program(terminal, version, ends).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { message } = error as Error;
    terminal.stderr.write(`error: ${printable(message)}\n`);
    return isLockError(error, 'LOCK_CONFIGURATION') ? 2 : 1;
  }
}
