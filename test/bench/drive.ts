import { setTimeout as pause } from 'node:timers/promises';
import type { Load, Outcome } from './load.js';
import type { Held, Peer } from './peers/peer.js';
import { quantile } from './statistics.js';
import { type Visit, violationsIn } from './visits.js';

/** A caller that was refused tries again after up to this long. */
const RETRY_MS = 10;

/** Puts a load on a peer, and watches that it keeps what locks are for. */
export async function drive(peer: Peer, load: Load): Promise<Outcome> {
  const visits = new Map<string, Visit[]>();
  const durations: number[] = [];
  let begun = 0;
  let refused = 0;

  const obtain = async (key: string): Promise<Held> => {
    for (;;) {
      const held = await peer.acquire(key);
      if (held !== undefined) return held;
      refused += 1;
      await pause(Math.random() * RETRY_MS);
    }
  };

  const call = async (caller: number): Promise<void> => {
    const holder = `${process.pid}.${caller}`;
    for (let cycle = 0; Date.now() < load.until; cycle++) {
      if (load.cycles !== undefined && begun >= load.cycles) return;
      begun += 1;
      const key = keyOf(load, caller, cycle);
      const startedAt = performance.now();
      const held = await obtain(key);
      const from = microseconds();
      const { token } = held;
      const keptBy = held.keeps ? String(process.pid) : undefined;
      if (load.stayMs !== undefined) await pause(load.stayMs);
      note(visits, key, { holder, from, until: microseconds(), token, keptBy });
      await held.release();
      durations.push(performance.now() - startedAt);
    }
  };
  await pause(load.from - Date.now());
  await Promise.all(
    Array.from({ length: load.callers }, (_, one) => call(one)),
  );

  const all = [...visits.values()];
  return {
    cycles: durations.length,
    seconds: (Date.now() - load.from) / 1000,
    p50Ms: quantile(durations, 0.5),
    refused,
    visits: load.keys === 'one' ? all.flat() : [],
    violations: all.flatMap((those) => violationsIn(those)),
  };
}

function keyOf(load: Load, caller: number, cycle: number): string {
  const { keys, keysPerCaller = 1, prefix } = load;
  if (keys === 'one') return prefix;
  const mine = `${prefix}-${caller}`;
  if (keys === 'fresh') return `${mine}-${process.pid}-${cycle}`;
  return `${mine}-${cycle % keysPerCaller}`;
}

function note(visits: Map<string, Visit[]>, key: string, visit: Visit): void {
  const there = visits.get(key);
  if (there === undefined) visits.set(key, [visit]);
  else there.push(visit);
}

/** On the system's monotonic clock, which all processes share. */
function microseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}
