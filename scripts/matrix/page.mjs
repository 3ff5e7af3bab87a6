import { format } from 'prettier';
import { nameOf } from './cells.mjs';
import { ETCDS, NESTS, NODES } from './options.mjs';
import { reasonFor } from './reasons.mjs';

/** @typedef {import('./kept.mjs').KeptResult} KeptResult */

/**
 * The page of the documentation.
 *
 * @param {readonly KeptResult[]} results
 */
export async function pageOf(results) {
  const failing = results.filter(({ failed }) => failed > 0);
  const absent = results.filter(({ problem }) => problem);
  const notes = new Set(results.flatMap(({ notes: said }) => said));
  const text = [
    '# What it has been seen to work with',
    'Written by `npm run matrix -- --docs`. A cell is a run of tests on one day: what ran, and how many tests passed, or failed of all. Where no number is, nothing ran.',
    '## etcd and Node',
    'What ran:',
    meanings(results, 'etcd'),
    grid(results, 'etcd', ETCDS),
    '## Nest and Node',
    'What ran:',
    meanings(results, 'nest'),
    grid(results, 'nest', NESTS),
    WITH_NEST_11,
    '## Bun and Deno',
    'The contracts on a real etcd, and the packed package in an application on Nest 12. Nothing else is tried on them, and no promise is made.',
    list(results, ({ runtime }) => runtime !== undefined),
    '## A bare machine',
    'A clone, an empty home, and a `PATH` with Node, its npm, `sh`, `tar` and `apt-get`; no etcd, Go, Python, Java, compiler or Docker. The first commands are those of the README: `npm run demo` keeps its promises, and all tests of `npm test` pass. Then `npm ci` says nothing that is not progress.',
    list(results, ({ readme }) => readme === true),
    OTHERS,
    ...(failing.length > 0
      ? ['## What failed', ...failing.map(failuresOf)]
      : []),
    ...(absent.length > 0
      ? [
          '## What could not be had',
          ...absent.map(({ cell }) => `- ${nameOf(cell)}`),
        ]
      : []),
    ...(notes.size > 0
      ? [
          '## What the machine of these runs did not allow',
          [...notes].map((note) => `- ${note}`).join('\n'),
        ]
      : []),
  ];
  return format(`${text.join('\n\n')}\n`, { parser: 'markdown' });
}

/** What a part of the tests is, with an etcd and with a Nest. */
const PARTS = {
  etcd: {
    everything: `the contracts of the store and of the locks, the same random programs on the store in memory and on etcd, faults (networks that are cut and slow disks among them, and all once more over an \`Etcd3\` of the user's), separate processes, other people's clients, clusters in the middle of an upgrade from each series to the next, and a short torture`,
    contracts: 'the contracts of the store and of the locks',
  },
  nest: {
    everything:
      'the unit tests, the simulation, every transport, and the packed package in an application',
    transports: 'the decorated methods on every transport',
  },
};

/** @param {readonly KeptResult[]} results @param {'etcd' | 'nest'} by */
function meanings(results, by) {
  return Object.entries(PARTS[by])
    .filter(([part]) =>
      results.some(({ cell }) => cell[by] !== undefined && cell.part === part),
    )
    .map(([part, meaning]) => `- ${part}: ${meaning}`)
    .join('\n');
}

/** `test/transports/nest-itself.spec.ts` asserts it of Nest without this library. */
const WITH_NEST_11 = `Two things are Nest 11's own, with and without this library: a gateway on \`ws\` tells its clients of no exception, so they hear nothing of a lock that is busy unless a filter of yours sends it; and what a generator of a handler yields is not sent (the lock is given back with the answer).`;

const OTHERS = `## Other clients of etcd

\`test/interop\` has each of them hold while we wait and wait while we hold, in one order, beside our readers and permits, with processes of both sides killed, in each cell above where everything ran:

- \`etcdctl lock\` and \`etcdctl elect\` of 3.4, 3.5, 3.6 and 3.7
- Go's \`concurrency.Mutex\` (also \`TryLock\`) and \`concurrency.Election\` of client 3.7
- the server's own services \`v3lockpb.Lock\` and \`v3electionpb.Election\`, which jetcd and others call`;

/** @param {readonly KeptResult[]} results @param {'etcd' | 'nest'} by @param {readonly string[]} rows */
function grid(results, by, rows) {
  const some = results.filter(({ cell }) => cell[by] !== undefined);
  /** @param {'node' | 'etcd' | 'nest'} what @param {string} value */
  const version = (what, value) =>
    some.find(({ cell, versions }) => cell[what] === value && versions)
      ?.versions?.[what] ?? value;
  const line = (/** @type {readonly unknown[]} */ cells) =>
    `| ${cells.join(' | ')} |`;
  return [
    line(['', ...NODES.map((node) => `Node ${version('node', node)}`)]),
    line(['---', ...NODES.map(() => '---')]),
    ...rows.map((row) =>
      line([
        `${by === 'etcd' ? 'etcd' : 'Nest'} ${version(by, row)}`,
        ...NODES.map((node) => {
          const found = some.find(
            ({ cell }) => cell.node === node && cell[by] === row,
          );
          return found ? verdict(found) : 'not run';
        }),
      ]),
    ),
  ].join('\n');
}

/** @param {readonly KeptResult[]} results @param {(cell: KeptResult['cell']) => boolean} which */
function list(results, which) {
  const some = results.filter(({ cell }) => which(cell));
  if (some.length === 0) return 'Not run.';
  return some
    .map((one) => `- ${nameOf(one.cell, one.versions)}: ${verdict(one)}`)
    .join('\n');
}

/** @param {KeptResult} result */
function verdict({ cell, problem, passed, failed, date }) {
  if (problem) return 'not to be had';
  const outcome =
    failed === 0
      ? `${passed} passed`
      : `${failed} of ${passed + failed} failed`;
  return `${cell.part ? `${cell.part}: ` : ''}${outcome}, ${date}`;
}

/** @param {KeptResult} result */
function failuresOf({ cell, versions, failures }) {
  return [
    `${nameOf(cell, versions)}:`,
    '',
    ...failures
      .filter((title) => !title.startsWith('see '))
      .map((title) => {
        const reason = reasonFor(title);
        const shown = title.replaceAll(/[*_<>|`]/g, '\\$&');
        return `- ${shown}${reason ? ` (${reason})` : ''}`;
      }),
  ].join('\n');
}
