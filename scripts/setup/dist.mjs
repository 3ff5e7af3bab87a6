import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run as runShowing } from '../child.mjs';
import { root } from '../repository.mjs';
import { bundleBoardPage } from './board-page.mjs';
import { removeUnnamed } from './declarations.mjs';
import { requireAtOnce } from './optional-requires.mjs';

const dist = join(root, 'dist');
const stamp = join(dist, '.inputs');

/** Everything that can change what a build writes. */
const INPUTS = [
  'lib',
  'board-page',
  'sample-app',
  'package.json',
  'package-lock.json',
  'tsconfig.base.json',
  'scripts/setup/dist.mjs',
  'scripts/setup/board-page.mjs',
  'scripts/setup/declarations.mjs',
  'scripts/setup/optional-requires.mjs',
];

const PROJECTS = [
  // Bundled, not compiled; this says whether its types are right.
  { config: 'board-page/tsconfig.json' },
  { config: 'lib/tsconfig.esm.json', out: 'esm', type: 'module' },
  { config: 'lib/tsconfig.cjs.json', out: 'cjs', type: 'commonjs' },
  // Last: it imports the library by its name, so from what the others wrote. A package.json of its
  // own would be the package that the name is looked up in.
  { config: 'sample-app/tsconfig.json', out: 'sample-app' },
];

/**
 * Builds unless the files in `dist` were built from the sources as they are.
 *
 * @param {import('../stages.mjs').Run} [run]
 * @returns {Promise<boolean>} whether `dist` is complete
 */
export async function ensureBuild(run) {
  const inputs = await digest();
  const built = await readFile(stamp, 'utf8').catch(() => '');
  return built === inputs || build(run);
}

/**
 * Builds the library for `import` and for `require`, then the sample application.
 *
 * @param {import('../stages.mjs').Run} [run]
 * @returns {Promise<boolean>} whether `dist` is complete
 */
export async function build(run = runShowing) {
  const inputs = await digest();
  await rm(dist, { recursive: true, force: true });
  /** @type {object | undefined} */
  let page;
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const { config, out, type } of PROJECTS) {
    const { code } = await run(process.execPath, [tsc, '-p', config], {
      cwd: root,
    });
    if (code !== 0) return false;
    if (type === undefined) continue;
    await writeFile(
      join(dist, out, 'package.json'),
      `${JSON.stringify({ type })}\n`,
    );
    page ??= await bundleBoardPage();
    await writeFile(
      join(dist, out, 'board', 'page-files.js'),
      pageModule(page, type),
    );
    if (type === 'commonjs') await requireAtOnce(join(dist, out));
    await removeUnnamed(join(dist, out), await typeEntries(type));
  }
  // What npm does where the package is installed.
  await chmod(join(dist, 'esm', 'cli', 'main.js'), 0o755);
  await writeFile(stamp, inputs);
  return true;
}

/**
 * The files of types that the package is entered by.
 *
 * @param {string} type
 */
async function typeEntries(type) {
  const manifest = await readFile(join(root, 'package.json'), 'utf8');
  const condition = type === 'module' ? 'import' : 'require';
  /** @type {(string | Record<string, string>)[]} */
  const targets = Object.values(JSON.parse(manifest).exports);
  return targets
    .flatMap((target) => (typeof target === 'string' ? [] : target[condition]))
    .map((program) => join(root, `${program}`.replace(/\.js$/, '.d.ts')));
}

/**
 * The module that has the files of the lock board's page in it.
 *
 * @param {object} files @param {string} type
 */
function pageModule(files, type) {
  const start =
    type === 'module' ? 'export const pageFiles =' : 'exports.pageFiles =';
  return `${start} async () => (${JSON.stringify(files)});\n`;
}

async function digest() {
  const hash = createHash('sha256');
  for (const input of INPUTS) {
    for (const file of await filesOf(input)) {
      const content = await readFile(join(root, file));
      hash.update(`${file}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

/** @param {string} path a file or a folder, from the root @returns {Promise<string[]>} */
async function filesOf(path) {
  const entries = await readdir(join(root, path), {
    recursive: true,
    withFileTypes: true,
  }).catch(() => undefined);
  if (!entries) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}
