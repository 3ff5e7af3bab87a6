import { DEFECTS } from '../../test/mutants/defects.mjs';
import { Copy } from './copy.mjs';

const PROJECTS = ['unit', 'etcd'];

/**
 * Tries the deliberate defects whose title has the words.
 *
 * @param {string} wanted in lower case
 * @returns {Promise<number>} the exit code
 */
export async function tryListed(wanted) {
  const defects = DEFECTS.filter(({ title }) =>
    title.toLowerCase().includes(wanted),
  );
  if (defects.length === 0) {
    console.log(`No title has "${wanted}".`);
    return 1;
  }
  const copy = new Copy();
  const suites = [...new Set(defects.map(({ suite }) => suite))];
  const sound = await copy.test(suites, { projects: PROJECTS });
  if (sound.failed.length > 0) {
    const names = sound.failed.join('\n');
    console.log(`The library fails without any defect:\n${names}`);
    return 1;
  }
  const unknown = defects.filter(({ test }) => !sound.passed.includes(test));
  if (unknown.length > 0) {
    const names = unknown.map(({ test }) => test).join('\n');
    console.log(`No test has this name:\n${names}`);
    return 1;
  }
  let survivors = 0;
  for (const { title, promise, file, line, instead, suite, test } of defects) {
    const { failed } = await copy.with(
      file,
      (text) => text.replace(line, () => instead),
      () => copy.test([suite], { projects: PROJECTS, only: test }),
    );
    const caught = failed.includes(test);
    if (!caught) survivors++;
    console.log(
      `${caught ? 'caught  ' : 'SURVIVED'} ${promise ?? '-'} ${title}`,
    );
    console.log(`         ${caught ? test : failed.join('\n         ')}`);
  }
  console.log(`${defects.length - survivors} caught, ${survivors} survived`);
  return survivors === 0 ? 0 : 1;
}
