/**
 * One combination, and the runs of vitest that are worth it there. Nothing of Nest reaches etcd but
 * through the core, so each is combined with every Node, and not with the other.
 *
 * @typedef {object} Cell
 * @property {string} node major version
 * @property {string} [etcd] series
 * @property {string} [nest] major version
 * @property {readonly Run[]} runs
 */

/**
 * @typedef {object} Run
 * @property {readonly string[]} args of vitest
 * @property {boolean} [withNest] in a copy that has the cell's Nest
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
export function cellsOf({ nodes, etcds, nests, quick }) {
  return nodes.flatMap((node) => [
    ...etcds.map((etcd) => ({ node, etcd, runs: onEtcd(quick) })),
    ...nests.map((nest) => ({ node, nest, runs: onNest(nest, quick) })),
  ]);
}

/** @param {boolean} quick @returns {readonly Run[]} */
function onEtcd(quick) {
  const projects = [
    ...['etcd', 'e2e', 'etcd-alone', 'e2e-alone'],
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
export function nameOf({ node, etcd, nest }, versions) {
  const other = etcd
    ? `etcd ${versions?.etcd ?? etcd}`
    : `Nest ${versions?.nest ?? nest}`;
  return `Node ${versions?.node ?? node}, ${other}`;
}

/** @typedef {{ node: string, etcd?: string, nest?: string }} Versions */
