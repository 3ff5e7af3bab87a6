import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run as runShowing } from '../child.mjs';
import { root } from '../repository.mjs';
import { bundleBoardPage } from './board-page.mjs';
import { removeUnnamed } from './declarations.mjs';
import { joinModules } from './joined-modules.mjs';

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
  'scripts/setup/joined-modules.mjs',
];

const COMPILED = [
  // Bundled, not compiled; this says whether its types are right.
  'board-page/tsconfig.json',
  'lib/tsconfig.esm.json',
  // Types only.
  'lib/tsconfig.cjs.json',
];

const BUILDS = /** @type {const} */ ([
  // The other is made of the modules that this one replaces.
  { condition: 'require', out: 'cjs', format: 'cjs', type: 'commonjs' },
  { condition: 'import', out: 'esm', format: 'es', type: 'module' },
]);

const COMMAND = 'cli/main.js';

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
  for (const config of COMPILED) {
    if (!(await compile(config, run))) return false;
  }
  const from = join(dist, 'esm');
  await writeFile(
    join(from, 'board', 'page-files.js'),
    pageModule(await bundleBoardPage()),
  );
  for (const { condition, out, format, type } of BUILDS) {
    const to = join(dist, out);
    const entries = await entriesFor(condition);
    const programs = format === 'es' ? [...entries, COMMAND] : entries;
    await joinModules({ from, entries: programs, format, to });
    await removeUnnamed(
      to,
      entries.map((entry) => join(to, entry.replace(/\.js$/, '.d.ts'))),
    );
    await writeFile(join(to, 'package.json'), `${JSON.stringify({ type })}\n`);
  }
  // It imports the library by its name, so from what was written.
  if (!(await compile('sample-app/tsconfig.json', run))) return false;
  // What npm does where the package is installed.
  await chmod(join(from, COMMAND), 0o755);
  await writeFile(stamp, inputs);
  return true;
}

/** @param {string} config @param {import('../stages.mjs').Run} run */
async function compile(config, run) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code } = await run(process.execPath, [tsc, '-p', config], {
    cwd: root,
  });
  return code === 0;
}

/**
 * The programs that the package is entered by, from the folder of their build.
 *
 * @param {'import' | 'require'} condition
 * @returns {Promise<string[]>}
 */
async function entriesFor(condition) {
  const manifest = await readFile(join(root, 'package.json'), 'utf8');
  /** @type {(string | Record<string, string>)[]} */
  const targets = Object.values(JSON.parse(manifest).exports);
  return targets.flatMap((target) =>
    typeof target === 'string'
      ? []
      : `${target[condition]}`.replace(/^\.\/dist\/\w+\//, ''),
  );
}

/**
 * The module that has the files of the lock board's page in it.
 *
 * @param {object} files
 */
function pageModule(files) {
  return `export const pageFiles = async () => (${JSON.stringify(files)});\n`;
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
