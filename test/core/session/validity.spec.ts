import { describe, expect, it } from 'vitest';
import { elapsedBetween, type Instant } from '../../../lib/core/time/clock.js';
import { Validity } from '../../../lib/core/session/validity.js';

/** A reading of both clocks, each counted from its own arbitrary start. */
function at(mono: number, wall = mono): Instant {
  return { mono: 1_000 + mono, wall: 1_700_000_000_000 + wall };
}

describe('elapsedBetween', () => {
  it.each([
    ['both clocks agree', at(0), at(70), 70],
    ['the machine slept and the monotonic clock stood', at(0), at(5, 80), 80],
    ['the wall clock was stepped back', at(0), at(70, -3_600_000), 70],
    ['the wall clock was stepped forward', at(0), at(70, 90_000), 90_000],
    ['both went back, which no clock should', at(70), at(0), 0],
  ])('takes the larger of both when %s', (_, earlier, later, elapsed) => {
    expect(elapsedBetween(earlier, later)).toBe(elapsed);
  });
});

describe('Validity of a grant', () => {
  it.each([
    // ttl, sent, now, left
    ['leaves 5 % of a long TTL unused', 15_000, at(0), at(0), 14_250],
    ['leaves 250 ms of a short TTL unused', 2_000, at(0), at(0), 1_750],
    ['counts from the departure', 15_000, at(100), at(4_100), 10_250],
    ['is over exactly at its end', 15_000, at(0), at(14_250), 0],
    ['stays over after its end', 15_000, at(0), at(60_000), -1],
    ['counts a sleep of the machine', 15_000, at(0), at(0, 10_000), 4_250],
    ['ends during a long sleep', 15_000, at(0), at(1, 14_250), 0],
    ['ignores a wall clock set back', 15_000, at(0), at(10_000, -9e9), 4_250],
    ['ends early when it is set forward', 15_000, at(0), at(1, 3_600_000), -1],
  ])('%s', (_, ttl, sent, now, left) => {
    const remaining = new Validity(sent, ttl).remaining(now);
    expect(Math.max(-1, remaining)).toBe(left);
  });
});

describe('Validity after a keep-alive', () => {
  it.each([
    // sent, answered, TTL of the reply, asked at, left
    ['counts from its departure', 5_000, 5_010, 15_000, 5_010, 14_240],
    ['never from its answer', 5_000, 9_900, 15_000, 9_900, 9_350],
    ['uses the TTL of the reply', 5_000, 5_000, 20_000, 5_000, 19_000],
    ['is not shortened by a poorer one', 5_000, 5_000, 3_000, 5_000, 9_250],
    ['ignores one sent before the grant', -9_000, 5_000, 15_000, 5_000, 9_250],
    [
      'is over when the answer comes too late',
      5_000,
      20_000,
      15_000,
      20_000,
      0,
    ],
  ])('%s', (_, sent, answered, ttl, asked, left) => {
    const validity = new Validity(at(0), 15_000);
    validity.renewed(at(sent), ttl, at(answered));
    const remaining = validity.remaining(at(asked));
    expect(Math.max(0, remaining)).toBe(left);
  });

  it('keeps the better of two whose answers overtake each other', () => {
    const validity = new Validity(at(0), 15_000);
    validity.renewed(at(6_000), 15_000, at(6_100));
    validity.renewed(at(5_000), 15_000, at(6_200));
    expect(validity.remaining(at(6_200))).toBe(14_050);
  });

  it('is not prolonged by a wall clock that was set back in between', () => {
    const validity = new Validity(at(0), 15_000);
    validity.renewed(at(5_000, 5_000 - 60_000), 15_000, at(5_010, -54_990));
    expect(validity.remaining(at(5_010, -54_990))).toBe(14_240);
    expect(validity.remaining(at(19_250, -40_750))).toBe(0);
  });
});
