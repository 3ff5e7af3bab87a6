import { parseArgs } from 'node:util';
import type { Size } from './bench.js';

export interface Options {
  readonly size: Size;
  /** Names of measures; all of them when empty. */
  readonly only: readonly string[];
  readonly json: string | undefined;
  readonly docs: boolean;
}

export const USAGE = `npm run bench -- [options]

  --only P1,P3   only these measures
  --quick        fewer and shorter rounds: to see that it works, not to quote
  --full         P9 with its million cycles
  --json FILE    write everything that was measured
  --docs         write docs/benchmark.md and docs/benchmark.svg, of a whole run
  --profile DIR  write a CPU profile of every load on a Node process`;

/** @throws {TypeError} for what it does not know */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      json: { type: 'string' },
      docs: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const { only, quick, full, json, docs, profile } = values;
  if (quick && full) throw new TypeError('Choose one of --quick and --full.');
  if (docs && (quick || only !== undefined))
    throw new TypeError(
      '--docs is for whole runs: without --quick and --only.',
    );
  if (profile !== undefined) process.env['BENCH_PROFILE'] = profile;
  return {
    size: quick ? 'quick' : full ? 'full' : 'default',
    only: only?.split(',').map((id) => id.trim().toUpperCase()) ?? [],
    json,
    docs,
  };
}
