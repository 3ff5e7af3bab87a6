import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../child.mjs';
import { npmCommand } from './dependencies.mjs';

/**
 * Puts what a package of npm holds into a new folder `package` in `directory`. Its scripts do not
 * run: what it has is ready.
 *
 * @param {string} name such as `npm@11`
 * @param {string} directory
 * @returns {Promise<string>} that folder
 */
export async function fetchPackage(name, directory) {
  const npm = npmCommand();
  await writeFile(join(directory, 'package.json'), '{"private":true}');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
  await runOrThrow(
    npm.command,
    [...npm.args, 'install', '--prefix', directory, ...options, name],
    { cwd: directory },
  );
  const folder = name.replace(/(?<=.)@.*$/, '');
  const content = join(directory, 'package');
  await rename(join(directory, 'node_modules', folder), content);
  for (const rest of ['node_modules', 'package.json', 'package-lock.json']) {
    await rm(join(directory, rest), { recursive: true, force: true });
  }
  return content;
}
