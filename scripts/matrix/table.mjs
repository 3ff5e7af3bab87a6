import { nameOf } from './cells.mjs';

/** @typedef {import('./run-cell.mjs').Result} Result */

/**
 * A line for each cell, and its failures below it.
 *
 * @param {readonly Result[]} results
 */
export function tableOf(results) {
  const rows = results.map((result) => {
    const name = nameOf(result.cell, result.versions);
    if (result.problem)
      return { name, said: 'not to be had', below: [result.problem] };
    const { passed, failed, failures, notes } = result;
    const tests = `${passed + failed}`.padStart(5);
    return {
      name,
      said: `${tests} tests, ${failed} failed`,
      below: [...failures, ...notes],
    };
  });
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .flatMap(({ name, said, below }) => [
      `${name.padEnd(width)}  ${said}`,
      ...below.flatMap((text) => text.split('\n')).map((line) => `    ${line}`),
    ])
    .join('\n');
}
