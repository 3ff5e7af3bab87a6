import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../repository.mjs';
import { nameOf } from './cells.mjs';

/**
 * A result with the day on which it came about.
 *
 * @typedef {import('./run-cell.mjs').Result & { date: string }} KeptResult
 */

const FILE = join(root, '.cache', 'matrix', 'results.json');

/**
 * The latest result of each cell that ran in this folder, of everything where that ran: a whole
 * matrix takes hours, and may be run in parts.
 *
 * @returns {Promise<readonly KeptResult[]>}
 */
export async function keptResults(file = FILE) {
  return JSON.parse(await readFile(file, 'utf8').catch(() => '[]'));
}

/** @param {KeptResult} result */
export async function keep(result, file = FILE) {
  const name = nameOf(result.cell);
  const before = await keptResults(file);
  const others = before.filter(({ cell }) => nameOf(cell) !== name);
  const same = before.find(({ cell }) => nameOf(cell) === name);
  const everything = same?.cell.part === 'everything' && !same.problem;
  if (everything && result.cell.part !== 'everything') return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify([...others, result], null, 2));
}
