import { describe, expect, it } from 'vitest';
import { atLeast, atMost, isMet } from './figure.js';
import { inTurns } from './rounds.js';
import { quantile, ratios, summary } from './statistics.js';

describe('The statistics of the benchmark', () => {
  it('take the middle, and say how far the rounds lie apart', () => {
    expect(summary([5, 1, 100, 3, 4])).toEqual({
      median: 4,
      lowest: 1,
      highest: 100,
      rounds: 5,
    });
    expect(summary([1, 2, 3, 10]).median).toBe(2.5);
    expect(() => summary([])).toThrow('nothing');
  });

  it('find a quantile between two values', () => {
    expect(quantile([10, 20, 30, 40, 50], 0.9)).toBeCloseTo(46);
    expect(quantile([7], 0.5)).toBe(7);
  });

  it('set each round against the same round', () => {
    // A machine that is ten times slower in the second round does not change the ratio.
    expect(ratios([2, 20], [4, 40])).toEqual([0.5, 0.5]);
    expect(() => ratios([1, 2], [1])).toThrow('2 rounds');
  });

  it('judge the median by the target', () => {
    const value = summary([1, 3, 9]);
    expect(isMet(value, atMost(3))).toBe(true);
    expect(isMet(value, atMost(2.9))).toBe(false);
    expect(isMet(value, atLeast(3))).toBe(true);
    expect(isMet(value, atLeast(3.1))).toBe(false);
  });

  it('let everybody begin a round in turn', async () => {
    const order: string[] = [];
    const contestant = (name: string) => ({
      name,
      async run(round: number) {
        order.push(`${name}${round}`);
        return round;
      },
    });
    const results = await inTurns(2, ['a', 'b', 'c'].map(contestant));
    expect(order).toEqual(['a0', 'b0', 'c0', 'b1', 'c1', 'a1']);
    expect(results.get('c')).toEqual([0, 1]);
  });
});
