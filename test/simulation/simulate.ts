import type { Family } from './scenario.js';
import { Simulation } from './simulation.js';
import { NO_TRACE, type Trace } from './trace.js';

export interface Outcome {
  readonly violations: readonly string[];
  readonly attempts: number;
}

let current: Simulation | undefined;

process.on('unhandledRejection', (error) => current?.unhandled(error));

/** Runs one seed. The same seed makes the same history, down to every message. */
export async function simulate(
  family: Family,
  seed: number,
  trace: Trace = NO_TRACE,
): Promise<Outcome> {
  const simulation = new Simulation(family, seed, trace);
  const { stackTraceLimit } = Error;
  // Most of the errors here are meant, and to write down where they arose takes long.
  if (trace === NO_TRACE) Error.stackTraceLimit = 0;
  current = simulation;
  try {
    const violations = await simulation.run();
    return { violations, attempts: simulation.attempts };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    current = undefined;
  }
}

export async function historyOf(
  family: Family,
  seed: number,
): Promise<string[]> {
  const lines: string[] = [];
  const { violations } = await simulate(family, seed, (who, what) => {
    lines.push(`${who.padEnd(8)} ${what()}`);
  });
  return [...lines, ...violations];
}
