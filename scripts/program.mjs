import { join } from 'node:path';
import { run } from './child.mjs';
import { root } from './repository.mjs';

/**
 * Runs a program of the tests, with the arguments of this one. Resolves to its exit code.
 *
 * @param {string} main below `test`
 * @param {NodeJS.ProcessEnv} [env] beside that of this process
 */
export async function runProgram(main, env = {}) {
  const { code } = await run(
    process.execPath,
    ['--import', 'tsx', join(root, 'test', main), ...process.argv.slice(2)],
    { cwd: root, env: { ...process.env, ...env } },
  );
  return code;
}
