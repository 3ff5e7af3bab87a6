import { describe, expect, it } from 'vitest';
import {
  ALL_RESULTS,
  allCells,
  BARE_ORDERS,
  type Cell,
  GUARDED_ORDERS,
  pairwiseCells,
  ROUTED_ORDERS,
  SETTLED_RESULTS,
} from './cells.js';
import { pairwise } from './pairwise.js';

const FACTORS = ['order', 'keyFrom', 'result', 'policy'] as const;

/** Written anew, not with what chooses the cells. */
function pairsIn(cells: readonly Cell[]): ReadonlySet<string> {
  const pairs = new Set<string>();
  for (const cell of cells) {
    for (const one of FACTORS) {
      for (const other of FACTORS) {
        if (one === other) continue;
        pairs.add(JSON.stringify({ [one]: cell[one], [other]: cell[other] }));
      }
    }
  }
  return pairs;
}

describe('the cells of a transport that is not tried with all', () => {
  it.each([
    ['guarded', GUARDED_ORDERS, ALL_RESULTS, 108],
    ['guarded and settled', GUARDED_ORDERS, SETTLED_RESULTS, 72],
    ['routed', ROUTED_ORDERS, SETTLED_RESULTS, 48],
    ['bare', BARE_ORDERS, ALL_RESULTS, 36],
    ['bare and settled', BARE_ORDERS, SETTLED_RESULTS, 24],
  ])(
    'are %s: all pairs of order, key, result and policy, in few cells',
    (_name, orders, results, count) => {
      const all = allCells(orders, results);
      const some = pairwiseCells(orders, results);

      expect(all).toHaveLength(count);
      expect(pairsIn(some)).toEqual(pairsIn(all));
      // No fewer can hold the pairs of results and policies, or of results and orders.
      const least = results.length * 3;
      expect(some.length).toBeGreaterThanOrEqual(least);
      expect(some.length).toBeLessThanOrEqual(least * 1.25);
    },
  );

  it('hold each pair that all of them hold, and no cell twice', () => {
    const all = allCells(GUARDED_ORDERS, ALL_RESULTS);
    const some = pairwiseCells(GUARDED_ORDERS, ALL_RESULTS);

    expect(pairsIn(all).size).toBe(2 * (6 + 18 + 9 + 12 + 6 + 18));
    expect(new Set(some).size).toBe(some.length);
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining(some.map(({ name }) => name)),
    );
  });
});

describe('pairwise', () => {
  const rows = (text: string) => text.split(' ').map((row) => row.split(''));
  const chosen = (text: string) =>
    pairwise(rows(text), (row) => row)
      .map((row) => row.join(''))
      .join(' ');

  it('leaves out a row whose pairs all stand in others', () => {
    expect(chosen('aaa abb bab bba bbb')).toBe('aaa abb bab bba');
  });

  it('knows equal values at two places apart', () => {
    expect(chosen('ab ba')).toBe('ab ba');
  });

  it('keeps every row of two values', () => {
    expect(chosen('aa ab ba bb')).toBe('aa ab ba bb');
  });

  it('chooses nothing of nothing', () => {
    expect(pairwise([], () => ['a', 'b'])).toEqual([]);
  });
});
