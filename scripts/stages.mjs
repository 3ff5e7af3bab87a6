import { report } from './failure.mjs';
import { run } from './child.mjs';

/** Runs a command as {@link run} does. @typedef {typeof run} Run */

/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {(run: Run) => Promise<boolean>} passes started with what it writes kept back
 */

/** @typedef {{ passed: number, failed: number, failures: string[] }} Tally */

/**
 * Runs all stages at once and shows what each has written, one after the other, in their order.
 * One that rejects has failed.
 *
 * @param {readonly Stage[]} stages
 * @returns {Promise<Tally>}
 */
export async function runStages(stages) {
  const started = stages.map(({ name, passes }) => {
    /** @type {string[]} */
    const written = [];
    /** @type {Run} */
    const quietly = async (command, args, options) => {
      const result = await run(command, args, { ...options, capture: true });
      written.push(result.output);
      return result;
    };
    const outcome = passes(quietly).then(
      (passed) => ({ passed, error: undefined }),
      (error) => ({ passed: false, error }),
    );
    return { name, written, outcome };
  });
  /** @type {Tally} */
  const tally = { passed: 0, failed: 0, failures: [] };
  for (const { name, written, outcome } of started) {
    title(name);
    const { passed, error } = await outcome;
    process.stdout.write(written.join(''));
    if (error !== undefined) report(error);
    if (passed) tally.passed++;
    else {
      tally.failed++;
      tally.failures.push(name);
    }
  }
  return tally;
}

/** @param {string} name */
export function title(name) {
  console.log(`\n== ${name}`);
}
