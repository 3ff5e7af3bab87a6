import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../lib/core/time/backoff.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { follow } from '../support/follow.js';

function delays(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => backoff.nextDelay());
}

describe('Backoff', () => {
  it('doubles its pauses up to a second', () => {
    const backoff = new Backoff(new ManualClock(), () => 1);
    expect(delays(backoff, 8)).toEqual([
      25, 50, 100, 200, 400, 800, 1000, 1000,
    ]);
  });

  it('takes at least half of each and spreads the rest', () => {
    const clock = new ManualClock();
    expect(delays(new Backoff(clock, () => 0), 2)).toEqual([12.5, 25]);
    expect(delays(new Backoff(clock, () => 0.5), 2)).toEqual([18.75, 37.5]);
  });

  it('starts again after a reset', () => {
    const backoff = new Backoff(new ManualClock(), () => 1);
    delays(backoff, 5);
    backoff.reset();
    expect(backoff.nextDelay()).toBe(25);
  });

  it('pauses on the given clock', async () => {
    const clock = new ManualClock();
    const pause = follow(new Backoff(clock, () => 1).pause());
    await clock.advance(24);
    expect(pause.state).toBe('pending');
    await clock.advance(1);
    expect(pause.state).toBe('resolved');
  });
});
