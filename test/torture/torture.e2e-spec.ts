import { describe, expect, it } from 'vitest';
import { torture } from './run/torture.js';

const SEED = 1;

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((one, other) => one + other, 0);

describe('processes on a cluster full of faults', () => {
  it('break no promise, and leave nothing behind', async () => {
    const { rounds } = await torture({
      seed: SEED,
      minutes: 1,
      rounds: 1,
      rageSeconds: 20,
    });
    const [{ violations, figures, directory }] = rounds as [(typeof rounds)[0]];
    expect(violations, `history: ${directory}`).toEqual([]);
    expect(sum(figures.faults)).toBeGreaterThan(4);
    expect(sum(figures.acquisitions)).toBeGreaterThan(20);
    expect(figures.fenced.acknowledged).toBeGreaterThan(0);
    expect(figures.fenced.lost).toBe(0);
  });
});
