import { DEFECTS } from '../../test/mutants/defects.mjs';
import { Copy } from './copy.mjs';

/** Some defects never let go of the event loop. */
const MOST_MS = 5 * 60_000;

/**
 * How soon the simulation and the exploration notice the deliberate defects of the core whose title has
 * the words.
 *
 * @param {object} terms
 * @param {string} terms.wanted in lower case
 * @param {string} terms.days of each family
 * @param {string} terms.schedules of each world, with one fault
 * @returns {Promise<number>} the exit code
 */
export async function compareSearches({ wanted, days, schedules }) {
  const defects = DEFECTS.filter(
    ({ title, file }) =>
      file.startsWith('lib/core/') && title.toLowerCase().includes(wanted),
  );
  const copy = new Copy();
  const search = async () => {
    const simulated = await copy.run(
      'simulation/main.ts',
      ['--days', days],
      MOST_MS,
    );
    const explored = await copy.run(
      'explore/main.ts',
      ['--schedules', schedules, '--minutes', 'Infinity'],
      MOST_MS,
    );
    return { simulated: foundBy(simulated), explored: foundBy(explored) };
  };
  const sound = await search();
  if (sound.simulated !== 'not' || sound.explored !== 'not') {
    console.log(`Something fails without any defect: ${said(sound)}`);
    return 1;
  }
  for (const { title, file, line, instead } of defects) {
    const found = await copy.with(
      file,
      (text) => text.replace(line, () => instead),
      search,
    );
    console.log(`${title}: ${said(found)}`);
  }
  return 0;
}

/** @param {{ simulated: string, explored: string }} found */
function said({ simulated, explored }) {
  return `simulation ${simulated}, exploration ${explored}`;
}

/** @param {{ code: number, output: string }} run */
function foundBy({ code, output }) {
  if (code === 0) return 'not';
  const [, count] = /^(\d+) \w+ to the first failure\.$/m.exec(output) ?? [];
  return count ?? 'by an end without a word';
}
