import { parseArgs } from 'node:util';
import { faultsNamed } from '../nemesis/nemesis.js';
import type { Fault } from '../nemesis/stage.js';

export interface TortureOptions {
  readonly seed: number;
  /** No round begins after this time. */
  readonly minutes: number;
  readonly rounds: number;
  readonly rageSeconds: number;
  /** Nothing else happens than these. */
  readonly faults: readonly Fault[];
  /** Versions of Node, for one worker after the other. */
  readonly nodes: readonly number[];
  readonly evidence: string | undefined;
}

export const USAGE = `npm run torture -- [options]

  --seed N         of the first round; the next have the following ones (chosen by chance)
  --minutes N      begin rounds for this long (5)
  --rounds N       but no more than these
  --rage N         seconds of faults in each round (60)
  --faults A,B     nothing but faults with these words in their names
  --nodes 20,24    workers on these versions of Node, in turn (the one that runs this)
  --evidence FILE  write the page with what was seen on this etcd, and what is kept of others`;

/** @throws {TypeError} for what it does not know */
export function optionsOf(args: readonly string[]): TortureOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '5' },
      rounds: { type: 'string', default: 'Infinity' },
      rage: { type: 'string', default: '60' },
      faults: { type: 'string', default: '' },
      nodes: { type: 'string', default: '' },
      evidence: { type: 'string' },
    },
  });
  const { seed = String(Date.now() % 1_000_000), evidence } = values;
  const number = (name: string, text: string) => {
    const value = Number(text);
    if (text !== '' && value >= 0) return value;
    throw new TypeError(`--${name} must be a number, got "${text}".`);
  };
  return {
    seed: number('seed', seed),
    minutes: number('minutes', values.minutes),
    rounds: number('rounds', values.rounds),
    rageSeconds: number('rage', values.rage),
    faults: faultsNamed(listOf(values.faults)),
    nodes: listOf(values.nodes).map((text) => number('nodes', text)),
    evidence,
  };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
