import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What TypeScript makes of `await import('…')` for CommonJS. */
const LATER =
  /await Promise\.resolve\(\)\.then\(\(\) => (__importStar\(require\((?:'[^']+'|"[^"]+")\)\))\)/g;

/**
 * Has the modules of a CommonJS build require at once what they import when it is needed. Inside the
 * function of a `then`, bundlers do not see the `try` that says that a package may be missing.
 *
 * @param {string} folder
 */
export async function requireAtOnce(folder) {
  const written = await readdir(folder, { recursive: true });
  for (const path of written.filter((name) => name.endsWith('.js'))) {
    const file = join(folder, path);
    const text = await readFile(file, 'utf8');
    const changed = text.replaceAll(LATER, '$1');
    if (changed !== text) await writeFile(file, changed);
  }
}
