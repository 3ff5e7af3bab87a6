import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../repository.mjs';

const ROW = /^\|(?<what>[^|]*)\| `npm test -- (?<suites>test[^`]*)`/gm;

/**
 * The suites that CONTRIBUTING names for whoever changes a file of the library.
 *
 * @param {string} file such as `lib/core/queue/ticket.ts`
 * @param {string} contributing
 */
export function suitesFor(file, contributing) {
  const found = [...contributing.matchAll(ROW)].flatMap(({ groups }) => {
    const { what = '', suites = '' } = groups ?? {};
    const folders = [...what.matchAll(/`(lib\/[\w/-]+)`/g)].map(
      ([, folder]) => folder,
    );
    return folders.some((folder) => file.startsWith(`${folder}/`))
      ? suites.split(' ')
      : [];
  });
  const [, folder] = file.split('/');
  // The row of the add-ons gives two as examples.
  return found.length > 0 ? [...new Set(found)] : [`test/${folder}`];
}

/**
 * The tests that stand where the file does: most defects fall there, in no time.
 *
 * @param {string} file
 */
export function nearestTests(file) {
  let folder = dirname(file).replace(/^lib/, 'test');
  while (folder !== 'test' && !existsSync(join(root, folder)))
    folder = dirname(folder);
  return folder === 'test' ? [] : [folder];
}
