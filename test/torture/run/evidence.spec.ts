import { describe, expect, it } from 'vitest';
import { withTorture } from './evidence.js';
import { noFigures } from './figures.js';
import type { KeptReport } from './kept-reports.js';

const report = (
  etcd: string,
  faults: Record<string, number>,
  nodes: readonly number[] = [20, 24],
): KeptReport => ({
  etcd,
  node: '22.1.0',
  nodes,
  day: '2026-11-29',
  rounds: 3,
  seconds: 2_700,
  seed: 7,
  violations: 0,
  figures: { ...noFigures(), faults },
});

const PAGE =
  'Before.\n<!-- npm run torture -- --evidence -->\nthe last run\n<!-- the end of what it wrote -->\nAfter.\n';

describe('the page of what was seen', () => {
  const page = withTorture(PAGE, [
    report('3.5.30', { flood: 2, fire: 1_000 }),
    report('3.7.3', { flood: 3 }, []),
  ]);

  it('keeps what stands around its part, and nothing of what stood there', () => {
    expect(page).toMatch(/^Before\.\n[^]*\nAfter\.\n$/);
    expect(page).not.toContain('the last run');
    expect(() => withTorture('Nothing.', [])).toThrow(/has no place/);
  });

  it('has a column for each etcd, and the most frequent first', () => {
    expect(page).toContain('|  | etcd 3.5.30 | etcd 3.7.3 |');
    expect(page).toContain('| fire | 1,000 | 0 |\n| flood | 2 | 3 |');
    expect(page).toContain('| faults | 1,002 | 3 |');
    expect(page).toContain('| seeds | 7 to 9 | 7 to 9 |');
  });

  it('says how to repeat each', () => {
    expect(page).toContain(
      'USE_ETCD=3.5 npm run torture -- --seed 7 --rounds 3 --minutes 600 --nodes 20,24\n' +
        'USE_ETCD=3.7 npm run torture -- --seed 7 --rounds 3 --minutes 600\n',
    );
  });
});
