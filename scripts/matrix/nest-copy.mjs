import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../child.mjs';
import { root } from '../repository.mjs';
import { npmCommand } from '../setup/dependencies.mjs';

/** Where a package of Nest counts its versions in another way than Nest 11. */
const OF_NEST_11 = /** @type {Readonly<Record<string, string>>} */ ({
  '@nestjs/apollo': '^13.0.0',
  '@nestjs/config': '^4.0.0',
  '@nestjs/event-emitter': '^3.0.0',
  '@nestjs/graphql': '^13.0.0',
  '@nestjs/schedule': '^6.0.0',
});

const NOT_COPIED = ['.cache', '.git', 'dist', 'node_modules', 'coverage'];

/**
 * The repository as it is, with another Nest: itself where that is what it has, else a copy of it
 * under `.cache`, whose dependencies are installed once and kept.
 *
 * @param {string} major
 * @returns {Promise<{ directory: string, version: string }>}
 */
export async function withNest(major) {
  const own = await nestIn(root);
  if (own.startsWith(`${major}.`)) return { directory: root, version: own };
  const directory = join(root, '.cache', 'matrix', `nest-${major}`);
  await mkdir(directory, { recursive: true });
  await renew(directory);
  const manifest = manifestWith(
    major,
    JSON.parse(await readFile(join(root, 'package.json'), 'utf8')),
  );
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeFile(join(directory, 'package.json'), text);
  await install(directory, text);
  return { directory, version: await nestIn(directory) };
}

/**
 * @param {string} major
 * @param {{ devDependencies: Record<string, string>, overrides?: unknown }} manifest
 */
export function manifestWith(major, manifest) {
  const devDependencies = Object.fromEntries(
    Object.entries(manifest.devDependencies).map(([name, version]) => [
      name,
      name.startsWith('@nestjs/')
        ? (OF_NEST_11[name] ?? `^${major}.0.0`)
        : version,
    ]),
  );
  // What is held back is held back for the Nest of the repository.
  const { overrides: _, ...rest } = manifest;
  return { ...rest, devDependencies };
}

/** Puts the sources as they are now beside the dependencies. @param {string} directory */
async function renew(directory) {
  for (const name of await readdir(root)) {
    if (NOT_COPIED.includes(name) || name.startsWith('package')) continue;
    await rm(join(directory, name), { recursive: true, force: true });
    await cp(join(root, name), join(directory, name), { recursive: true });
  }
}

/** @param {string} directory @param {string} manifest */
async function install(directory, manifest) {
  const stamp = join(directory, '.installed');
  const digest = createHash('sha256').update(manifest).digest('hex');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === digest) return;
  for (const name of ['node_modules', 'package-lock.json']) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
  console.log('Installing the dependencies with that Nest.');
  const npm = npmCommand();
  const options = ['--prefer-offline', '--ignore-scripts'];
  await runOrThrow(npm.command, [...npm.args, 'install', ...options], {
    cwd: directory,
  });
  await writeFile(stamp, digest);
}

/** @param {string} directory @returns {Promise<string>} */
async function nestIn(directory) {
  const file = join(directory, 'node_modules', '@nestjs/core', 'package.json');
  return JSON.parse(await readFile(file, 'utf8')).version;
}
