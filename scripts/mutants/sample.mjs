import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../repository.mjs';
import { Compiler, textOf } from './compiler.mjs';
import { Copy } from './copy.mjs';
import { damaged, damagesTo } from './damage.mjs';
import { nearestTests, suitesFor } from './suites.mjs';

/** @typedef {import('./damage.mjs').Damage & { file: string }} Mutant */

/** Undamaged copies among the mutants: what fails there would catch everything. */
const CONTROL_EVERY = 20;
/** A damaged loop may have no end. */
const MOST_MS = 15 * 60_000;
const QUICK = { projects: ['unit'], together: true };
const SLOW = { projects: ['etcd', 'e2e', 'etcd-in-pairs', 'etcd-alone'] };

/**
 * Draws mutants of all of the library and sees which of them the tests catch. What catches one has to pass on the
 * sound library at once; where it does not, the mutant is doubtful, and counts for nobody.
 *
 * @param {object} terms
 * @param {number} terms.sample how many
 * @param {number} terms.seed
 * @param {string} [terms.folder] only files below it
 * @returns {Promise<number>} the exit code
 */
export async function trySample({ sample, seed, folder = 'lib' }) {
  const { mutants, refused } = draw({ sample, seed, folder });
  console.log(
    `${mutants.length} mutants of ${folder}, seed ${seed}; ${refused} more were refused by the compiler`,
  );
  const copy = new Copy();
  const contributing = textOf('CONTRIBUTING.md');
  const counts = { failed: 0, 'timed out': 0, passed: 0, doubtful: 0 };
  const controls = { passed: 0, failed: 0 };
  /** @type {string[]} */
  const left = [];
  for (const [index, mutant] of mutants.entries()) {
    const suites = suitesFor(mutant.file, contributing);
    if (index % CONTROL_EVERY === 0) {
      const { outcome, failed } = await testAll(copy, mutant.file, suites);
      controls[outcome === 'passed' ? 'passed' : 'failed'] += 1;
      say(outcome, `undamaged, ${suites.join(' ')}`, failed);
    }
    const { outcome, failed, failedFiles } = await copy.with(
      mutant.file,
      (text) => damaged(text, mutant),
      () => testAll(copy, mutant.file, suites),
    );
    const sound =
      outcome === 'passed' || (await passUndamaged(copy, failedFiles));
    const word = sound ? outcome : 'doubtful';
    counts[word] += 1;
    const place = described(mutant);
    if (word === 'passed' || word === 'doubtful') left.push(place);
    say(word === 'passed' ? 'SURVIVED' : word, place, failed);
  }
  const caught = counts.failed + counts['timed out'];
  console.log(
    `\n${caught} of ${mutants.length} caught (${counts.failed} by a failure, ${counts['timed out']} by a time-out), ${counts.passed} survived, ${counts.doubtful} doubtful; ${controls.passed} controls passed, ${controls.failed} did not`,
  );
  for (const one of left) console.log(one);
  return controls.failed + counts.doubtful === 0 ? 0 : 1;
}

/**
 * @param {string} word
 * @param {string} place
 * @param {readonly string[]} failed
 */
function say(word, place, [first]) {
  console.log(`${word.padEnd(10)} ${place}`);
  if (first !== undefined) console.log(`           ${first}`);
}

/**
 * @param {object} terms
 * @param {number} terms.sample
 * @param {number} terms.seed
 * @param {string} terms.folder
 * @returns {{ mutants: readonly Mutant[], refused: number }}
 */
export function draw({ sample, seed, folder }) {
  const files = readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, String(name)).replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('/index.ts'))
    .sort();
  const all = files.flatMap((file) =>
    damagesTo(textOf(file)).map((damage) => ({ ...damage, file })),
  );
  const compiler = new Compiler();
  const next = randomOf(seed);
  /** @type {Mutant[]} */
  const mutants = [];
  let refused = 0;
  while (mutants.length < sample && all.length > 0) {
    const [mutant] = all.splice(Math.floor(next() * all.length), 1);
    if (mutant === undefined) break;
    if (compiler.takes(mutant.file, damaged(textOf(mutant.file), mutant)))
      mutants.push(mutant);
    else refused += 1;
  }
  return { mutants, refused };
}

/**
 * First what takes seconds: the tests beside the file, then all that are named for it; those that need etcd
 * or other processes come last.
 *
 * @param {Copy} copy
 * @param {string} file
 * @param {readonly string[]} suites
 */
async function testAll(copy, file, suites) {
  const nearest = nearestTests(file);
  const stages = [
    { tests: nearest, options: QUICK },
    { tests: suites, options: QUICK },
    { tests: nearest, options: SLOW },
    { tests: suites, options: SLOW },
  ].filter(({ tests }) => tests.length > 0);
  for (const { tests, options } of stages) {
    const run = await copy.test(tests, {
      ...options,
      timeoutMs: MOST_MS,
      bail: true,
    });
    if (run.outcome !== 'passed') return run;
  }
  return SOUND;
}

/** @type {import('./copy.mjs').TestRun} */
const SOUND = { outcome: 'passed', passed: [], failed: [], failedFiles: [] };

/**
 * Whether what caught a mutant passes without it.
 *
 * @param {Copy} copy
 * @param {readonly string[]} files
 */
async function passUndamaged(copy, files) {
  if (files.length === 0) return true;
  const { outcome } = await copy.test(files, {
    projects: [...QUICK.projects, ...SLOW.projects],
    timeoutMs: MOST_MS,
  });
  return outcome === 'passed';
}

/** @param {Mutant} mutant */
function described({ file, kind, start, end, instead }) {
  const text = textOf(file);
  const line = text.slice(0, start).split('\n').length;
  const before = text.slice(start, end).replaceAll(/\s+/g, ' ');
  const after = instead.replaceAll(/\s+/g, ' ');
  return `${file}:${line} ${kind}: ${before} → ${after || 'nothing'}`;
}

/**
 * Numbers from 0 up to 1, the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
