import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  killAndWait,
  own,
  ownDirectory,
  removeDirectory,
} from './owned-process.js';

/** A server of the test's own, with a directory that goes with it. */
export interface OwnServer {
  stop(): Promise<void>;
}

/** A temporary directory that is gone when the server is stopped, or this process ends. */
export function newDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  ownDirectory(directory);
  return directory;
}

/** Starts a program and resolves once it has said that it is `ready`, wherever it says so. */
export async function startServer(
  program: string,
  args: readonly string[],
  { ready, directory }: { readonly ready: string; readonly directory: string },
): Promise<OwnServer> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  own(child);
  await hasSaid(child, ready);
  return {
    async stop() {
      await killAndWait(child);
      removeDirectory(directory);
    },
  };
}

function hasSaid(child: ChildProcess, ready: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream!.on('data', (text) => {
        said += text;
        if (said.includes(ready)) resolve();
      });
    }
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${child.spawnfile} ended with code ${code}: ${said}`)),
    );
  });
}
