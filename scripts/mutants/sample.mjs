import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../repository.mjs';
import { Compiler, textOf } from './compiler.mjs';
import { Copy } from './copy.mjs';
import { damaged, damagesTo } from './damage.mjs';
import { nearestTests, suitesFor } from './suites.mjs';

/** @typedef {import('./damage.mjs').Damage & { file: string }} Mutant */

/**
 * Suites are run on the sound library before they are first used, and again for each of so many mutants: one
 * that fails by itself would catch everything.
 */
const CONTROL_EVERY = 10;
const MOST_MS = 20 * 60_000;
const PROJECTS = ['unit', 'etcd', 'e2e', 'etcd-in-pairs', 'etcd-alone'];

/**
 * Draws mutants of all of the library and sees which of them the tests catch.
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
  const counts = { failed: 0, 'timed out': 0, passed: 0 };
  /** @type {string[]} */
  const survivors = [];
  /** @type {Set<string>} */
  const controlled = new Set();
  let controls = 0;
  for (const [index, mutant] of mutants.entries()) {
    const suites = suitesFor(mutant.file, contributing);
    if (index % CONTROL_EVERY === 0 || !controlled.has(suites.join())) {
      controlled.add(suites.join());
      const { outcome, failed } = await testAll(copy, mutant.file, suites);
      controls += 1;
      if (outcome !== 'passed') {
        console.log(`A control ${outcome}: ${failed.join('\n')}`);
        return 1;
      }
      console.log(`passed     undamaged, ${suites.join(' ')}`);
    }
    const { outcome, failed } = await copy.with(
      mutant.file,
      (text) => damaged(text, mutant),
      () => testAll(copy, mutant.file, suites),
    );
    counts[outcome] += 1;
    const place = described(mutant);
    if (outcome === 'passed') survivors.push(place);
    const word = outcome === 'passed' ? 'SURVIVED' : outcome;
    console.log(`${word.padEnd(10)} ${place}`);
    if (failed.length > 0) console.log(`           ${failed[0]}`);
  }
  const caught = counts.failed + counts['timed out'];
  console.log(
    `\n${caught} of ${mutants.length} caught (${counts.failed} by a failure, ${counts['timed out']} by a time-out), ${counts.passed} survived, ${controls} controls passed`,
  );
  for (const survivor of survivors) console.log(survivor);
  return 0;
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
 * First the tests beside the file, then all that are named for it.
 *
 * @param {Copy} copy
 * @param {string} file
 * @param {readonly string[]} suites
 */
async function testAll(copy, file, suites) {
  const options = { projects: PROJECTS, bail: true, timeoutMs: MOST_MS };
  const nearest = nearestTests(file);
  if (nearest.length > 0) {
    const first = await copy.test(nearest, options);
    if (first.outcome !== 'passed') return first;
  }
  return copy.test(suites, options);
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
