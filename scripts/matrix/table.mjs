import { format } from 'prettier';
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

/**
 * The page of the documentation.
 *
 * @param {readonly Result[]} results
 * @param {string} date
 */
export async function pageOf(results, date) {
  const failing = results.filter(({ failed }) => failed > 0);
  const absent = results.filter(({ problem }) => problem);
  const text = [
    '# What it has been seen to work with',
    `Made by \`npm run matrix -- --docs\` on ${date}. Each cell is a run of tests: passed, or failed of all.`,
    '## etcd and Node',
    'The contracts of the store and of the locks, faults, separate processes, other clients, and a short torture.',
    grid(results, 'etcd'),
    '## Nest and Node',
    'The unit tests, the simulation, every transport, and the packed package in an application.',
    grid(results, 'nest'),
    ...(failing.length > 0
      ? ['## What failed', ...failing.map(failuresOf)]
      : []),
    ...(absent.length > 0
      ? [
          '## What could not be had',
          ...absent.map(({ cell }) => `- ${nameOf(cell)}`),
        ]
      : []),
  ];
  return format(`${text.join('\n\n')}\n`, { parser: 'markdown' });
}

/** @param {readonly Result[]} results @param {'etcd' | 'nest'} by */
function grid(results, by) {
  const some = results.filter(({ cell }) => cell[by] !== undefined);
  const columns = [...new Set(some.map(({ cell }) => cell.node))];
  const rows = [...new Set(some.map(({ cell }) => cell[by]))];
  /** @param {'node' | 'etcd' | 'nest'} what @param {string | undefined} value */
  const version = (what, value) =>
    some.find(({ cell, versions }) => cell[what] === value && versions)
      ?.versions?.[what] ?? value;
  const line = (/** @type {readonly unknown[]} */ cells) =>
    `| ${cells.join(' | ')} |`;
  return [
    line(['', ...columns.map((node) => `Node ${version('node', node)}`)]),
    line(['---', ...columns.map(() => '---')]),
    ...rows.map((row) =>
      line([
        `${by === 'etcd' ? 'etcd' : 'Nest'} ${version(by, row)}`,
        ...columns.map((node) => {
          const found = some.find(
            ({ cell }) => cell.node === node && cell[by] === row,
          );
          return found ? verdict(found) : '';
        }),
      ]),
    ),
  ].join('\n');
}

/** @param {Result} result */
function verdict({ problem, passed, failed }) {
  if (problem) return 'not to be had';
  return failed === 0
    ? `${passed} passed`
    : `${failed} of ${passed + failed} failed`;
}

/** @param {Result} result */
function failuresOf({ cell, versions, failures }) {
  return [
    `${nameOf(cell, versions)}:`,
    '',
    ...failures
      .filter((title) => !title.startsWith('see '))
      .map((title) => `- ${title.replaceAll(/[*_<>|`]/g, '\\$&')}`),
  ].join('\n');
}
