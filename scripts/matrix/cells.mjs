import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../repository.mjs';
import { RUNTIMES } from '../setup/runtimes.mjs';

/**
 * One combination, and the runs of vitest that are worth it there. Nothing of Nest reaches etcd but
 * through the core, so each is combined with every Node, and not with the other.
 *
 * @typedef {object} Cell
 * @property {Part} [part] of the tests, where there is a choice
 * @property {string} [node] major version; where it is left out, another runtime is there
 * @property {string} [etcd] series
 * @property {string} [nest] major version
 * @property {string} [runtime] that is not Node
 * @property {boolean} [readme] whether the commands of the README are tried on a bare machine
 * @property {readonly Run[]} runs
 */

/**
 * @typedef {object} Run
 * @property {readonly string[]} args of vitest
 * @property {boolean} [withNest] in a copy that has the cell's Nest
 * @property {boolean} [onNode] on Node, although the cell's runtime is another: it starts that itself
 */

/** @typedef {'everything' | 'contracts' | 'transports'} Part */

/**
 * The Node on which everything runs with an etcd. What a Node changes for an etcd is how it is spoken
 * to, which the contracts meet: they run on the others.
 */
const WHOLE_ON = /** @type {Readonly<Record<string, string>>} */ ({
  3.4: '20',
  3.5: '22',
  3.6: '24',
  3.7: '24',
});

const CONTRACTS = ['--project=etcd', 'test/contract/'];
const EVERYTHING_ON_ETCD = [
  '--project=!with-services',
  ...['test/contract/', 'test/differential/', 'test/etcd/', 'test/faults/'],
  ...['test/processes/', 'test/interop/', 'test/torture/torture'],
];

/** Tests of this repository, not of what runs on Node and Nest. */
const ELSEWHERE = ['docs', 'setup', 'bench', 'mutants', 'package'];

/** By their names: `--exclude` does not reach a project of vitest that excludes something itself. */
const EVERYTHING_ON_NEST = [
  ...['--project=unit', '--project=types'],
  ...readdirSync(join(root, 'test'))
    .filter((folder) => !ELSEWHERE.includes(folder))
    .map((folder) => `test/${folder}/`),
];

/**
 * @param {import('./options.mjs').Options} options
 * @returns {readonly Cell[]}
 */
export function cellsOf({ nodes, etcds, nests, runtimes, readme, quick }) {
  return [
    ...nodes.flatMap((node) => [
      ...etcds.map((etcd) => onEtcd(node, etcd, quick)),
      ...nests.map((nest) => onNest(node, nest, quick)),
      ...(readme ? [{ node, readme, runs: [] }] : []),
    ]),
    ...runtimes.map((runtime) => ({ runtime, runs: ON_RUNTIME })),
  ];
}

/** @type {readonly Run[]} */
const ON_RUNTIME = [
  { args: CONTRACTS },
  {
    args: [
      '--project=e2e',
      'test/package/applications',
      '--testNamePattern',
      'on Nest 12 runs in a package',
    ],
    onNode: true,
  },
];

/** @param {string} node @param {string} etcd @param {boolean} quick @returns {Cell} */
function onEtcd(node, etcd, quick) {
  const whole = !quick && WHOLE_ON[etcd] === node;
  return whole
    ? { node, etcd, part: 'everything', runs: [{ args: EVERYTHING_ON_ETCD }] }
    : { node, etcd, part: 'contracts', runs: [{ args: CONTRACTS }] };
}

/** @param {string} node @param {string} nest @param {boolean} quick @returns {Cell} */
function onNest(node, nest, quick) {
  if (quick) {
    const args = ['--project=unit', 'test/nest/', 'test/transports/'];
    return { node, nest, part: 'transports', runs: [{ withNest: true, args }] };
  }
  return {
    node,
    nest,
    part: 'everything',
    runs: [
      { withNest: true, args: EVERYTHING_ON_NEST },
      {
        args: [
          '--project=e2e',
          'test/package/applications',
          '--testNamePattern',
          `on Nest ${nest}`,
        ],
      },
    ],
  };
}

/** @param {Cell} cell @param {Versions} [versions] */
export function nameOf({ node, etcd, nest, runtime, readme }, versions) {
  if (runtime) {
    const { title } = /** @type {import('../setup/runtimes.mjs').Runtime} */ (
      RUNTIMES[runtime]
    );
    return versions?.runtime ? `${title} ${versions.runtime}` : title;
  }
  const other = readme
    ? 'a bare machine'
    : etcd
      ? `etcd ${versions?.etcd ?? etcd}`
      : `Nest ${versions?.nest ?? nest}`;
  return `Node ${versions?.node ?? node}, ${other}`;
}

/** @typedef {{ node?: string, etcd?: string, nest?: string, runtime?: string }} Versions */
