import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const LOOK_EVERY_MS = 250;
const MB = 1e6;

/**
 * Shows how a directory grows while `work` fetches into it: on a terminal in one line that changes,
 * elsewhere not at all.
 *
 * @template T
 * @param {object} what
 * @param {string} what.title
 * @param {string} what.directory
 * @param {number} [what.bytes] that it will have in the end, if that is known
 * @param {() => Promise<T>} work
 * @param {Pick<NodeJS.WriteStream, 'isTTY' | 'write'>} [terminal]
 * @returns {Promise<T>}
 */
export async function showGrowth(
  { title, directory, bytes },
  work,
  terminal = process.stdout,
) {
  if (!terminal.isTTY) return work();
  const before = await sizeOf(directory);
  const total = bytes === undefined ? '' : ` of ${inMb(bytes)}`;
  const show = async () => {
    const grown = (await sizeOf(directory)) - before;
    terminal.write(`\r  ${title}: ${inMb(grown)}${total} MB `);
  };
  const timer = setInterval(() => void show(), LOOK_EVERY_MS);
  try {
    const result = await work();
    clearInterval(timer);
    await show();
    return result;
  } finally {
    clearInterval(timer);
    terminal.write('\n');
  }
}

/** @param {number} bytes */
function inMb(bytes) {
  return (bytes / MB).toFixed(1);
}

/** @param {string} directory @returns {Promise<number>} */
async function sizeOf(directory) {
  const entries = await readdir(directory, {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) =>
        // What is partly there is renamed when it is whole.
        stat(join(parentPath, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
