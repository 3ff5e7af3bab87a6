import { parseArgs } from 'node:util';
import { Failure } from '../failure.mjs';

export const NODES = ['20', '22', '24'];
export const ETCDS = ['3.4', '3.5', '3.6', '3.7'];
export const NESTS = ['11', '12'];

/**
 * @typedef {object} Options
 * @property {readonly string[]} nodes
 * @property {readonly string[]} etcds
 * @property {readonly string[]} nests
 * @property {boolean} quick
 * @property {boolean} docs
 */

export const USAGE = `npm run matrix -- [options]

  --node 22,24     only on these major versions of Node
  --etcd 3.4,3.7   only with these series of etcd, and nothing of Nest unless --nest is there, too
  --nest 11        only with these major versions of Nest, and nothing of etcd unless --etcd is there
  --quick          the contracts, and the decorated methods on every transport; nothing else
  --docs           write docs/compatibility.md, of a whole run`;

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
        quick: { type: 'boolean', default: false },
        docs: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new Failure(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
  }
  const { node, etcd, nest, quick, docs } = values;
  const selected = [node, etcd, nest].some((option) => option !== undefined);
  if (docs && (quick || selected)) {
    throw new Failure('--docs is for whole runs.');
  }
  return {
    nodes: chosen('node', NODES, node ?? NODES.join()),
    etcds: chosen('etcd', ETCDS, etcd ?? (nest ? '' : ETCDS.join())),
    nests: chosen('nest', NESTS, nest ?? (etcd ? '' : NESTS.join())),
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
