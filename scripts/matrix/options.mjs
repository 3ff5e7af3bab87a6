import { parseArgs } from 'node:util';
import { Failure } from '../failure.mjs';
import { RUNTIMES } from '../setup/runtimes.mjs';

export const NODES = ['20', '22', '24'];
export const ETCDS = ['3.4', '3.5', '3.6', '3.7'];
export const NESTS = ['11', '12'];
const OTHERS = Object.keys(RUNTIMES);

/**
 * @typedef {object} Options
 * @property {readonly string[]} nodes
 * @property {readonly string[]} etcds
 * @property {readonly string[]} nests
 * @property {readonly string[]} runtimes
 * @property {boolean} readme
 * @property {boolean} quick
 * @property {boolean} docs
 */

export const USAGE = `npm run matrix -- [options]

  --node 22,24     only on these major versions of Node
  --etcd 3.4,3.7   with these series of etcd
  --nest 11        with these major versions of Nest
  --runtime bun    on these runtimes that are not Node
  --readme         the commands of the README on a machine that has nothing else
                   (where one of these four is there, the others are left out that are not)
  --quick          with every etcd the contracts alone, with every Nest the decorated methods on every
                   transport alone, and nothing else
  --docs           write docs/compatibility.md, of these and of what ran before in this folder`;

/**
 * @param {readonly string[]} args
 * @returns {Options}
 * @throws {Failure} for what it does not know
 */
export function optionsOf(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        node: { type: 'string' },
        etcd: { type: 'string' },
        nest: { type: 'string' },
        runtime: { type: 'string' },
        readme: { type: 'boolean' },
        quick: { type: 'boolean', default: false },
        docs: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new Failure(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
  }
  const { node, etcd, nest, runtime, readme, quick, docs } = values;
  const selected = [etcd, nest, runtime, readme].some(
    (option) => option !== undefined,
  );
  const all = (/** @type {readonly string[]} */ names) =>
    selected ? '' : names.join();
  return {
    nodes: chosen('node', NODES, node ?? NODES.join()),
    etcds: chosen('etcd', ETCDS, etcd ?? all(ETCDS)),
    nests: chosen('nest', NESTS, nest ?? all(NESTS)),
    runtimes: chosen('runtime', OTHERS, runtime ?? all(quick ? [] : OTHERS)),
    readme: readme ?? !(selected || quick),
    quick,
    docs,
  };
}

/** @param {string} option @param {readonly string[]} known @param {string} wanted */
function chosen(option, known, wanted) {
  const names = wanted.split(',').filter(Boolean);
  const strange = names.find((name) => !known.includes(name));
  if (strange) {
    throw new Failure(
      `--${option} ${strange}: there are ${known.join(', ')}.\n\n${USAGE}`,
    );
  }
  return names;
}
