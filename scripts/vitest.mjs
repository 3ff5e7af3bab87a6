import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from './child.mjs';
import { root } from './repository.mjs';

/**
 * Runs vitest and counts. Whatever makes vitest fail without a failed test (a file that does not
 * load, an unhandled rejection, no test at all) counts as one failure.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<import('./stages.mjs').Tally>}
 */
export async function runVitest(args, env) {
  const { report, code } = await reportOfVitest(args, { env });
  return { ...count(report, code), failures: failuresIn(report) };
}

/**
 * What `--reporter=json` writes, as far as it is used here.
 *
 * @typedef {object} Report
 * @property {number} [numPassedTests]
 * @property {number} [numFailedTests]
 * @property {boolean} [success]
 * @property {{
 *   name: string,
 *   message: string,
 *   status: string,
 *   assertionResults: {
 *     status: string,
 *     fullName: string,
 *     failureMessages?: string[],
 *   }[],
 * }[]} [testResults]
 */

/**
 * @param {readonly string[]} args of vitest
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env
 * @param {readonly string[]} [options.runtime] what runs it: Node, unless something else is asked for
 * @param {string} [options.directory] the repository, or a copy of it
 * @param {boolean} [options.capture] resolve with the output instead of showing it
 * @returns {Promise<{ report: Report, code: number, output: string }>}
 */
export async function reportOfVitest(args, options) {
  const { env, directory = root, capture } = options;
  const [program = process.execPath, ...before] = options.runtime ?? [];
  const reports = mkdtempSync(join(tmpdir(), 'vitest-report-'));
  // Not in a `finally`: a signal ends this process from the middle.
  process.once('exit', () => rmSync(reports, { recursive: true }));
  const file = join(reports, 'report.json');
  const { code, output } = await run(
    program,
    [
      ...before,
      join(directory, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...args,
    ],
    { cwd: directory, env, ...(capture && { capture }) },
  );
  const content = await readFile(file, 'utf8').catch(() => '{}');
  return { report: JSON.parse(content), code, output };
}

/**
 * @param {Report} report
 * @param {number} code vitest's exit code
 */
export function count(report, code) {
  const passed = report.numPassedTests ?? 0;
  const failed = report.numFailedTests ?? 0;
  const right = code === 0 && report.success === true && passed > 0;
  return { passed, failed: right ? failed : Math.max(failed, 1) };
}

/**
 * What failed, each with the first line of why: the log of a whole run is long, and often only its
 * end is kept.
 *
 * @param {Report} report
 */
export function failuresIn({ testResults = [] }) {
  return testResults.flatMap(({ name, message, status, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((one) => one.status === 'failed');
    if (failed.length === 0 && status === 'failed')
      return `${file}: ${firstLine(message)}`;
    return failed.map(
      ({ fullName, failureMessages = [] }) =>
        `${file}: ${fullName}: ${firstLine(failureMessages[0])}`,
    );
  });
}

function firstLine(text = '') {
  return text.split('\n', 1)[0];
}
