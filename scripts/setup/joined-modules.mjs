import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes the modules of a compiled program as a file for each entry and a few that entries share: to
 * find, read and link a module takes Node longer than to run what is in it, and there are some three
 * hundred. An entry loads nothing that it does not need, so an optional package is asked for only by
 * whoever enters where it is used.
 *
 * @param {object} terms
 * @param {string} terms.from the folder of the program, of ES modules
 * @param {readonly string[]} terms.entries paths from there
 * @param {'es' | 'cjs'} terms.format
 * @param {string} terms.to the folder whose programs are replaced
 */
export async function joinModules({ from, entries, format, to }) {
  // A clone that is being set up does not have it yet.
  const { rollup } = await import('rollup');
  const bundle = await rollup({
    input: Object.fromEntries(
      entries.map((path) => [path.replace(/\.js$/, ''), join(from, path)]),
    ),
    external: (name) => !/^[./]/.test(name),
    // Of `this && this.__decorate`, as TypeScript writes it.
    context: 'this',
    // Left to the bundlers of applications, which know what is used.
    treeshake: false,
    plugins: [{ name: 'require-at-once', renderDynamicImport }],
  });
  await removePrograms(to);
  await bundle.write({
    dir: to,
    format,
    esModule: true,
    interop: 'auto',
    chunkFileNames: 'shared/[name].js',
    manualChunks: (path) =>
      path.startsWith(join(from, 'core/')) ? 'core' : undefined,
  });
}

/**
 * What is imported when it is needed, CommonJS requires at once: inside the function of a `then`,
 * bundlers do not see the `try` that says that a package may be missing.
 *
 * @param {{ format: string }} output
 */
function renderDynamicImport({ format }) {
  return format === 'cjs' ? { left: 'require(', right: ')' } : undefined;
}

/** @param {string} folder */
async function removePrograms(folder) {
  const written = await readdir(folder, { recursive: true });
  const programs = written.filter((path) => path.endsWith('.js'));
  await Promise.all(programs.map((path) => rm(join(folder, path))));
}
