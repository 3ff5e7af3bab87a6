import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../child.mjs';
import { root } from '../repository.mjs';
import { ensureEtcd } from '../setup/etcd.mjs';

/** What a copy makes for itself, or has with the original in common. */
const LEFT_OUT = ['.git', '.cache', 'node_modules', 'dist', 'coverage'];

/**
 * What became of a run of tests. `timed out`: nothing failed but tests that took too long, or the run
 * itself.
 *
 * @typedef {object} TestRun
 * @property {'passed' | 'failed' | 'timed out'} outcome
 * @property {readonly string[]} passed full names of tests
 * @property {readonly string[]} failed full names of tests
 * @property {readonly string[]} failedFiles where they stand
 */

/** A copy of the repository, in which things may be broken. */
export class Copy {
  /** @type {string} */
  directory;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'mutants-'));
    const { directory } = this;
    process.once('exit', () =>
      rmSync(directory, { recursive: true, force: true }),
    );
    for (const part of readdirSync(root)) {
      if (LEFT_OUT.includes(part)) continue;
      cpSync(join(root, part), join(directory, part), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  }

  /**
   * Runs `work` while the text of a file is another.
   *
   * @template T
   * @param {string} file
   * @param {(sound: string) => string} damage
   * @param {() => Promise<T>} work
   */
  async with(file, damage, work) {
    const path = join(this.directory, file);
    const sound = readFileSync(path, 'utf8');
    writeFileSync(path, damage(sound));
    try {
      return await work();
    } finally {
      writeFileSync(path, sound);
    }
  }

  /**
   * @param {readonly string[]} suites
   * @param {object} options
   * @param {readonly string[]} options.projects
   * @param {boolean} [options.bail] stop at the first failure
   * @param {boolean} [options.together] several files in one thread, which share what they import
   * @param {number} [options.timeoutMs] of the whole run
   * @param {string} [options.only] the full name of a test
   * @returns {Promise<TestRun>}
   */
  async test(suites, { projects, bail, together, timeoutMs, only }) {
    const report = join(this.directory, 'report.json');
    rmSync(report, { force: true });
    // A copy has no cache to find it in.
    const { etcd, etcdctl } = await ensureEtcd();
    const { code } = await run(
      process.execPath,
      [
        join(root, 'node_modules', 'vitest', 'vitest.mjs'),
        'run',
        ...projects.map((project) => `--project=${project}`),
        ...(bail ? ['--bail=1'] : []),
        ...(together ? ['--no-isolate', '--pool=threads'] : []),
        ...(only ? [`--testNamePattern=^${patternOf(only)}$`] : []),
        '--testTimeout=30000',
        '--passWithNoTests',
        '--reporter=json',
        `--outputFile=${report}`,
        ...suites,
      ],
      {
        cwd: this.directory,
        capture: true,
        env: { ...process.env, ETCD_BIN: etcd, ETCDCTL_BIN: etcdctl },
        ...(timeoutMs && { timeoutMs }),
      },
    );
    return outcomeOf(readReport(report), code);
  }

  /**
   * Runs a program of the tests.
   *
   * @param {string} main below `test`
   * @param {readonly string[]} args
   * @param {number} timeoutMs
   */
  run(main, args, timeoutMs) {
    const { directory } = this;
    return run(
      process.execPath,
      ['--import', 'tsx', join(directory, 'test', main), ...args],
      { cwd: directory, capture: true, timeoutMs },
    );
  }
}

/** @param {string} text */
function patternOf(text) {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/**
 * @typedef {object} Report
 * @property {boolean} success
 * @property {{
 *   name: string,
 *   message: string,
 *   assertionResults: { status: string, fullName: string, failureMessages?: string[] }[],
 * }[]} testResults
 */

/**
 * @param {string} path
 * @returns {Report | undefined}
 */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {Report | undefined} report
 * @param {number} code
 * @returns {TestRun}
 */
export function outcomeOf(report, code) {
  // Killed before it could write one.
  if (report === undefined) {
    return { outcome: 'timed out', passed: [], failed: [], failedFiles: [] };
  }
  const tests = report.testResults.flatMap(
    ({ name: file, message, assertionResults }) =>
      (assertionResults.length === 0 && message !== ''
        ? [{ status: 'failed', fullName: `${file}: ${message}` }]
        : assertionResults
      ).map((test) => ({ ...test, file })),
  );
  const broken = tests.filter(({ status }) => status === 'failed');
  const failed = broken.map(({ fullName }) => fullName);
  const failedFiles = [...new Set(broken.map(({ file }) => file))];
  const passed = tests
    .filter(({ status }) => status === 'passed')
    .map(({ fullName }) => fullName);
  const found = { passed, failed, failedFiles };
  if (failed.length === 0) {
    // Such as a rejection that nobody handled.
    const sound = code === 0 && report.success;
    return { outcome: sound ? 'passed' : 'failed', ...found };
  }
  const late = broken.every(({ failureMessages = [] }) =>
    failureMessages.some((one) => /timed out in \d+ ?ms/i.test(one)),
  );
  return { outcome: late ? 'timed out' : 'failed', ...found };
}
