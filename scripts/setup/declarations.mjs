import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What files of types name, however far away: files of their own package, and packages.
 *
 * @param {readonly string[]} entries paths of `.d.ts` files
 */
export async function namedBy(entries) {
  // A clone that is being set up does not have it yet.
  const { default: ts } = await import('typescript');
  /** @type {Set<string>} */
  const packages = new Set();
  const files = new Set(entries);
  for (const file of files) {
    const { importedFiles, typeReferenceDirectives, referencedFiles } =
      ts.preProcessFile(readFileSync(file, 'utf8'));
    for (const { fileName } of [
      ...importedFiles,
      ...typeReferenceDirectives,
      ...referencedFiles,
    ]) {
      if (!fileName.startsWith('.')) packages.add(fileName);
      else files.add(join(file, '..', fileName.replace(/\.js$/, '.d.ts')));
    }
  }
  return { files, packages: [...packages].sort() };
}

/**
 * Removes the files of types that nothing can import: two thirds of them, and each takes a block of
 * every disk that the package is installed on.
 *
 * @param {string} folder of one build
 * @param {readonly string[]} entries
 */
export async function removeUnnamed(folder, entries) {
  const { files } = await namedBy(entries);
  const written = await readdir(folder, { recursive: true });
  const unnamed = written
    .filter((path) => path.endsWith('.d.ts'))
    .map((path) => join(folder, path))
    .filter((path) => !files.has(path));
  await Promise.all(unnamed.map((path) => rm(path)));
}
