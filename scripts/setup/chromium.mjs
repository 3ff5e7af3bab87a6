import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { run } from '../child.mjs';
import { Failure } from '../failure.mjs';
import { root } from '../repository.mjs';
import { canUseApt, unpackWithDependencies } from './apt-packages.mjs';
import { findOnPath, isExecutable } from './etcd-programs.mjs';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome'];

// The fonts have its pictures look the same wherever they are taken.
const PACKAGES = ['chromium', 'fonts-inter', 'fonts-jetbrains-mono'];

const CACHE = join(root, '.cache', 'chromium');

/** @typedef {import('./debian-program.mjs').Options} Options */

/**
 * Finds Chromium, for the tests of the lock board: in `CHROMIUM_BIN`, on the PATH, in the cache.
 * What it resolves to has been seen to run.
 *
 * @param {Options} [options]
 * @returns {Promise<string | undefined>}
 * @throws {Failure} when `CHROMIUM_BIN` names something that does not run
 */
export async function findChromium({ env = process.env, cache = CACHE } = {}) {
  const named = env['CHROMIUM_BIN'] && resolve(env['CHROMIUM_BIN']);
  if (named) {
    if (await works(named)) return named;
    throw new Failure(`CHROMIUM_BIN is set, but ${named} does not run.`);
  }
  for (const command of COMMANDS) {
    const onPath = await findOnPath(command, env['PATH']);
    if (onPath && (await works(onPath))) return onPath;
  }
  const cached = join(placeIn(cache), 'chromium');
  return (await works(cached)) ? cached : undefined;
}

/**
 * Finds Chromium as {@link findChromium} does; else brings it from Debian's packages, with the
 * libraries that this machine lacks. Nothing is installed.
 *
 * @param {Options} [options]
 * @returns {Promise<string>}
 * @throws {Failure} that says what to do
 */
export async function ensureChromium(options = {}) {
  const found = await findChromium(options);
  if (found) return found;
  const { cache = CACHE } = options;
  const place = placeIn(cache);
  const cached = join(place, 'chromium');
  /** @type {string | undefined} */
  let problem = 'apt-get and dpkg-deb are not here';
  if (await canUseApt()) {
    problem = undefined;
    console.log('Getting Chromium: Debian packages.');
    try {
      await fill(cache, place);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (await works(cached)) return cached;
    problem ??= `what was brought does not run: ${await said(cached)}`;
  }
  throw new Failure(
    `No Chromium was found on this machine, and none could be brought: ${problem}.\nInstall chromium, or set CHROMIUM_BIN to its path.`,
  );
}

/** @param {string} cache */
function placeIn(cache) {
  return join(cache, `${process.platform}-${process.arch}`);
}

/** @param {string} path */
async function works(path) {
  return (await isExecutable(path)) && /^Chrom|^Google/.test(await said(path));
}

/** @param {string} path */
async function said(path) {
  const options = { capture: true, timeoutMs: 20_000 };
  const { code, output } = await run(path, ['--version'], options);
  return code === 0 ? output : `code ${code}, without a version. ${output}`;
}

/**
 * Others who look see all or nothing.
 *
 * @param {string} cache @param {string} place
 */
async function fill(cache, place) {
  const work = join(cache, `new-${randomUUID()}`);
  try {
    await mkdir(work, { recursive: true });
    const unpacked = await unpackWithDependencies(PACKAGES, work);
    const start = startScript(await libraryFolders(unpacked));
    await writeFile(join(unpacked, 'chromium'), start, { mode: 0o755 });
    await writeFile(join(unpacked, 'fonts.conf'), FONTS);
    // What is in the way does not work, or another process was quicker.
    await rename(place, join(work, 'broken')).catch(() => {});
    await rename(unpacked, place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @param {string} unpacked @returns {Promise<string[]>} from there */
async function libraryFolders(unpacked) {
  const entries = await readdir(unpacked, {
    recursive: true,
    withFileTypes: true,
  });
  const folders = entries
    .filter(({ name }) => /\.so(\.\d+)*$/.test(name))
    .map(({ parentPath }) => relative(unpacked, parentPath));
  return [...new Set(folders)];
}

/**
 * The same process, so that whoever started it can end it.
 *
 * @param {string[]} folders of libraries
 */
function startScript(folders) {
  const libraries = folders.map((folder) => `$here/${folder}`).join(':');
  return `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="${libraries}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/usr/lib/chromium/chromium" "$@"
`;
}

/** The machine's fonts, and those that came along. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">usr/share/fonts</dir>
  <alias><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
  <alias><family>ui-monospace</family><prefer><family>JetBrains Mono</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>JetBrains Mono</family></prefer></alias>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;
