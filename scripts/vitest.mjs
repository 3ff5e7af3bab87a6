import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './child.mjs';
import { root } from './repository.mjs';

/**
 * Runs vitest and counts. Whatever makes vitest fail without a failed test (a file that does not
 * load, an unhandled rejection, no test at all) counts as one failure.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runVitest(args, env) {
  const directory = mkdtempSync(join(tmpdir(), 'vitest-report-'));
  // Not in a `finally`: a signal ends this process from the middle.
  process.once('exit', () => rmSync(directory, { recursive: true }));
  const report = join(directory, 'report.json');
  const { code } = await run(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    { cwd: root, env },
  );
  const content = await readFile(report, 'utf8').catch(() => '{}');
  return count(JSON.parse(content), code);
}

/**
 * @param {{ numPassedTests?: number, numFailedTests?: number, success?: boolean }} report
 * @param {number} code vitest's exit code
 */
export function count(report, code) {
  const passed = report.numPassedTests ?? 0;
  const failed = report.numFailedTests ?? 0;
  const right = code === 0 && report.success === true && passed > 0;
  return { passed, failed: right ? failed : Math.max(failed, 1) };
}
