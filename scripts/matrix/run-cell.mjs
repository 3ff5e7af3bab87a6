import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, relative } from 'node:path';
import { runOrThrow } from '../child.mjs';
import { Failure } from '../failure.mjs';
import { root } from '../repository.mjs';
import { ensureEtcd } from '../setup/etcd.mjs';
import { versionOf } from '../setup/etcd-programs.mjs';
import { hasGo } from '../setup/go.mjs';
import { theImpossible } from '../setup/machine.mjs';
import { ensureNode } from '../setup/node.mjs';
import { ensureRuntime } from '../setup/runtimes.mjs';
import { count, reportOfVitest } from '../vitest.mjs';
import { nameOf } from './cells.mjs';
import { withNest } from './nest-copy.mjs';
import { newcomer } from './readme.mjs';

/**
 * What came of a cell: either it could not be had, or it ran.
 *
 * @typedef {object} Result
 * @property {import('./cells.mjs').Cell} cell
 * @property {import('./cells.mjs').Versions} [versions]
 * @property {string} [problem] why it could not be had
 * @property {number} passed
 * @property {number} failed
 * @property {readonly string[]} failures titles
 * @property {readonly string[]} notes what of it could not be had
 */

/**
 * @param {import('./cells.mjs').Cell} cell
 * @returns {Promise<Result>}
 */
export async function runCell(cell) {
  const nothing = { cell, passed: 0, failed: 0, failures: [], notes: [] };
  try {
    return await runIn(cell, await surroundings(cell));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...nothing, problem: error.message };
  }
}

/**
 * Brings what the cell needs.
 *
 * @param {import('./cells.mjs').Cell} cell
 * @throws {Failure} if it cannot be had
 */
async function surroundings({ node: major, etcd: series, nest, runtime }) {
  const node = major ? await ensureNode(Number(major)) : process.execPath;
  const nodeVersion = await runOrThrow(node, ['--version']);
  const versions = major ? { node: nodeVersion.trim().slice(1) } : {};
  // Programs that the tests call by their name run on it, too.
  const PATH = `${dirname(node)}${delimiter}${process.env['PATH']}`;
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, PATH };
  const other = runtime ? await ensureRuntime(runtime) : undefined;
  if (other) {
    env['APPLICATION_RUNTIME'] = JSON.stringify(other.command);
    Object.assign(versions, { runtime: other.version });
  }
  const wish = { ...process.env };
  delete wish['ETCD_BIN'];
  delete wish['ETCDCTL_BIN'];
  if (series) wish['USE_ETCD'] = series;
  const { etcd, etcdctl } = await ensureEtcd({ env: wish });
  Object.assign(env, { ETCD_BIN: etcd, ETCDCTL_BIN: etcdctl });
  const notes = [];
  if (series) {
    Object.assign(versions, { etcd: (await versionOf(etcd)).version });
    if (!(await hasGo())) {
      notes.push('without Go: its client, etcdctl of 3.6 and 3.7');
    }
    notes.push(...(await theImpossible()).notes);
  }
  let directory = root;
  if (nest) {
    const copy = await withNest(nest).catch((error) => {
      throw new Failure(`Nest ${nest} cannot be installed: ${error.message}`);
    });
    directory = copy.directory;
    Object.assign(versions, { nest: copy.version });
  }
  const command = other?.command ?? [node];
  return { node, command, env, versions, directory, notes };
}

/**
 * @param {import('./cells.mjs').Cell} cell
 * @param {Awaited<ReturnType<typeof surroundings>>} found
 * @returns {Promise<Result>}
 */
async function runIn(cell, found) {
  const { versions, notes } = found;
  const log = join(
    root,
    '.cache/matrix/logs',
    nameOf(cell).replaceAll(/[ ,]+/g, '-'),
  );
  await mkdir(dirname(log), { recursive: true });
  if (cell.readme) {
    const tried = await newcomer(found.node, String(cell.node));
    await writeFile(`${log}.log`, tried.output);
    const { passed, failures } = tried;
    return { cell, versions, passed, failed: failures.length, failures, notes };
  }
  const result = { cell, versions, passed: 0, failed: 0, notes };
  /** @type {string[]} */
  const failures = [];
  const impossible = cell.etcd ? (await theImpossible()).args : [];
  for (const [index, one] of cell.runs.entries()) {
    const { report, code, output } = await reportOfVitest(
      [...one.args, ...impossible],
      {
        env: found.env,
        runtime: one.onNode ? [found.node] : found.command,
        directory: one.withNest ? found.directory : root,
        capture: true,
      },
    );
    const file = `${log}-${index}.log`;
    await writeFile(file, output);
    const { passed, failed } = count(report, code);
    result.passed += passed;
    result.failed += failed;
    failures.push(...failuresIn(report));
    if (failed > 0) failures.push(`see ${relative(root, file)}`);
  }
  return { ...result, failures };
}

/** More than these of one file have one cause. */
const NAMED_PER_FILE = 5;

/**
 * Titles of what failed, of each file the first few.
 *
 * @param {import('../vitest.mjs').Report} report
 */
export function failuresIn({ testResults = [] }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = name.slice(name.lastIndexOf('/test/') + 1);
    const titles = assertionResults
      .filter((one) => one.status === 'failed')
      .map(({ fullName }) => `${file}: ${fullName}`);
    if (titles.length === 0) {
      return status === 'failed' ? [`${file}: ${message.split('\n')[0]}`] : [];
    }
    const rest = titles.length - NAMED_PER_FILE;
    return [
      ...titles.slice(0, NAMED_PER_FILE),
      ...(rest > 0 ? [`${file}: and ${rest} more`] : []),
    ];
  });
}
