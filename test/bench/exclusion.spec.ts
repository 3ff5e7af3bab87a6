import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { drive } from './drive.js';
import { checked, ExclusionViolated } from './exclusion.js';
import type { Load, Outcome } from './load.js';
import type { Peer } from './peers/peer.js';
import {
  handOversIn,
  longestWaitOf,
  type Visit,
  violationsIn,
} from './visits.js';

const visit = (holder: string, from: number, until: number, token?: bigint) =>
  ({ holder, from, until, token }) satisfies Visit;

describe('The check of exclusion inside the benchmark', () => {
  it('passes visits that follow each other with growing tokens', () => {
    // As they come from two processes: not in order.
    const visits = [
      visit('b', 20, 30, 8n),
      visit('a', 0, 10, 5n),
      visit('a', 30, 31, 9n),
      visit('b', 10, 20, 7n),
    ];
    expect(violationsIn(visits)).toEqual([]);
    expect(handOversIn(visits)).toBe(2);
  });

  it('catches two holders at one time', () => {
    const visits = [visit('a', 0, 10), visit('b', 9, 12)];
    expect(violationsIn(visits)).toEqual([
      'b and a were inside together for 1.0 µs',
    ]);
  });

  it('catches a holder who is still inside after others came and went', () => {
    const visits = [visit('a', 0, 100), visit('b', 10, 11), visit('c', 50, 60)];
    expect(violationsIn(visits)).toHaveLength(2);
  });

  it.for([4n, 5n])('catches token %s after 5', (token) => {
    const visits = [visit('a', 0, 10, 5n), visit('b', 10, 20, token)];
    expect(violationsIn(visits)).toHaveLength(1);
  });

  it('finds an overlap that no runner can see alone', () => {
    const outcome = (visits: Visit[]): Outcome => ({
      cycles: visits.length,
      seconds: 1,
      p50Ms: 1,
      refused: 0,
      visits,
      violations: [],
    });
    const one = visit('1.0', 0, 10);
    const other = visit('2.0', 5, 15);
    expect(checked(outcome([one])).cycles).toBe(1);
    expect(checked(outcome([other])).cycles).toBe(1);
    expect(() => checked(outcome([one, other]))).toThrow(ExclusionViolated);
  });

  it('counts how often a waiter was passed over', () => {
    const visits = 'a b a a a b a a a a a'
      .split(' ')
      .map((holder, index) => visit(holder, index, index + 1));
    expect(longestWaitOf('b', visits)).toEqual({ served: 2, passedOver: 3 });
  });
});

describe('A load', () => {
  const load: Load = {
    callers: 4,
    keys: 'one',
    prefix: 'load',
    from: Date.now(),
    until: Number.MAX_SAFE_INTEGER,
    cycles: 40,
  };

  it('counts the cycles of a lock that excludes, and finds nothing', async () => {
    const outcome = await drive(excluding(1), load);
    expect(outcome.cycles).toBe(40);
    expect(outcome.violations).toEqual([]);
    expect(new Set(outcome.visits.map(({ holder }) => holder)).size).toBe(4);
  });

  it('finds the tokens of a lock that hands the same one out twice', async () => {
    const { violations } = await drive(excluding(0), load);
    expect(violations).toHaveLength(39);
  });

  it('finds that a lock excludes nobody, if those who hold it stay', async () => {
    const none: Peer = {
      acquire: async () => ({ release: turn }),
      close: async () => {},
    };
    const { violations } = await drive(none, { ...load, stayMs: 2 });
    expect(violations.length).toBeGreaterThan(0);
  });

  it('tries again where a peer gives up, and tells how often', async () => {
    const peer = excluding(1);
    let calls = 0;
    const moody: Peer = {
      ...peer,
      acquire: async (key) => (calls++ === 0 ? undefined : peer.acquire(key)),
    };
    const outcome = await drive(moody, load);
    expect(outcome).toMatchObject({ refused: 1, cycles: 40 });
  });
});

/** A lock inside this process, whose tokens grow by `step`. */
function excluding(step: number): Peer {
  let last = Promise.resolve();
  let token = 0n;
  return {
    async acquire() {
      let free = () => {};
      const before = last;
      last = new Promise((resolve) => (free = resolve));
      await before;
      token += BigInt(step);
      return {
        token,
        release: async () => {
          await turn();
          free();
        },
      };
    },
    close: async () => {},
  };
}
