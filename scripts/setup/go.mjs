import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../child.mjs';
import { isExecutable } from './etcd-programs.mjs';

/** etcd and its client ask for it. */
const OLDEST = { major: 1, minor: 24 };

/** Whether a Go is on the PATH that can build modules of etcd. */
export async function hasGo() {
  const { code, output } = await run('go', ['env', 'GOVERSION'], {
    capture: true,
    timeoutMs: 20_000,
  });
  const version = /go(\d+)\.(\d+)/.exec(code === 0 ? output : '');
  const [major, minor] = (version ?? []).slice(1).map(Number);
  return major === OLDEST.major && minor !== undefined && minor >= OLDEST.minor;
}

/**
 * Builds a Go program, with the modules that its `go.mod` names, unless it was built from the same
 * source before.
 *
 * @param {string} source the program's folder
 * @param {string} cache
 * @returns {Promise<string | undefined>} its path; undefined where Go or a module is missing
 */
export async function buildWithGo(source, cache) {
  if (!(await hasGo())) return undefined;
  const hash = createHash('sha256');
  for (const file of (await readdir(source)).sort()) {
    hash.update(await readFile(join(source, file)));
  }
  const program = join(cache, `go-${hash.digest('hex').slice(0, 16)}`);
  if (await isExecutable(program)) return program;
  console.log('Building the Go program.');
  const { code, output } = await run('go', ['build', '-o', program, '.'], {
    cwd: source,
    env: { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=readonly' },
    capture: true,
  });
  if (code === 0) return program;
  console.log(`Go could not build it: ${output.trim()}`);
  return undefined;
}
