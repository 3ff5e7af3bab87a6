import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ownDirectory } from '../support/owned-process.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const runFile = promisify(execFile);

/** Runs a program to its end, and resolves with all that it said. Fails with it, too. */
export async function run(
  cwd: string,
  command: string,
  ...args: string[]
): Promise<string> {
  // What npm and vitest tell their children is not meant for an application.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|VITEST|NODE_ENV|NODE_OPTIONS|TEST$)/i.test(name),
    ),
  );
  try {
    const { stdout, stderr } = await runFile(command, args, { cwd, env });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  }
}

export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  ownDirectory(directory);
  return directory;
}

/** The package as it would be published. */
export async function pack(): Promise<string> {
  const directory = temporaryDirectory('package');
  const said = await run(
    root,
    'npm',
    'pack',
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    directory,
  );
  const [name] = /nestjs-etcd-lock-[\w.-]+\.tgz/.exec(said)!;
  return join(directory, name);
}

/** A fresh application that has installed the package and its own dependencies. */
export async function install(
  tarball: string,
  type: 'module' | 'commonjs',
  dependencies: Record<string, string>,
): Promise<Application> {
  const directory = temporaryDirectory('application');
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({
      private: true,
      type,
      dependencies: { 'nestjs-etcd-lock': `file:${tarball}`, ...dependencies },
    }),
  );
  await run(
    directory,
    'npm',
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
  );
  return new Application(directory);
}

export class Application {
  constructor(readonly directory: string) {}

  async write(name: string, content: string): Promise<string> {
    const path = join(this.directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  run(command: string, ...args: string[]): Promise<string> {
    return run(this.directory, command, ...args);
  }

  node(...args: string[]): Promise<string> {
    return this.run(process.execPath, ...args);
  }
}
