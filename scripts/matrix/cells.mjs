import { RUNTIMES } from '../setup/runtimes.mjs';

/**
 * One combination, and the runs of vitest that are worth it there. Nothing of Nest reaches etcd but
 * through the core, so each is combined with every Node, and not with the other.
 *
 * @typedef {object} Cell
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

const CONTRACT = ['test/contract'];
const ON_ETCD = [
  ...CONTRACT,
  'test/etcd',
  'test/faults',
  'test/processes',
  'test/interop',
  'test/torture/torture',
];

/** Tests of this repository, not of what runs on Node and Nest. */
const ELSEWHERE = ['docs', 'setup', 'bench', 'mutants', 'package'];

/**
 * @param {import('./options.mjs').Options} options
 * @returns {readonly Cell[]}
 */
export function cellsOf({ nodes, etcds, nests, runtimes, readme, quick }) {
  return [
    ...nodes.flatMap((node) => [
      ...etcds.map((etcd) => ({ node, etcd, runs: onEtcd(quick) })),
      ...nests.map((nest) => ({ node, nest, runs: onNest(nest, quick) })),
      ...(readme ? [{ node, readme, runs: [] }] : []),
    ]),
    ...runtimes.map((runtime) => ({ runtime, runs: ON_RUNTIME })),
  ];
}

/** @type {readonly Run[]} */
const ON_RUNTIME = [
  { args: ['--project=etcd', ...CONTRACT] },
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

/** @param {boolean} quick @returns {readonly Run[]} */
function onEtcd(quick) {
  const projects = [
    ...['etcd', 'e2e', 'etcd-in-pairs', 'etcd-alone', 'e2e-alone'],
    ...(quick ? [] : ['with-clients', 'with-network', 'with-strace']),
  ];
  return [
    {
      args: [
        ...projects.map((name) => `--project=${name}`),
        ...(quick ? CONTRACT : ON_ETCD),
      ],
    },
  ];
}

/** @param {string} nest @param {boolean} quick @returns {readonly Run[]} */
function onNest(nest, quick) {
  const unit = ['--project=unit', '--project=types'];
  if (quick) {
    return [
      { withNest: true, args: [...unit, 'test/nest', 'test/transports'] },
    ];
  }
  return [
    {
      withNest: true,
      args: [
        ...unit,
        ...ELSEWHERE.map((folder) => `--exclude=test/${folder}/**`),
      ],
    },
    {
      args: [
        '--project=e2e',
        'test/package/applications',
        '--testNamePattern',
        `on Nest ${nest}`,
      ],
    },
  ];
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
