import { describe, expect, it } from 'vitest';
import type { LockMode } from '../../../lib/core/api/lock.js';
import {
  TicketsAhead,
  conflictBetween,
} from '../../../lib/core/queue/admission.js';

const exclusive: LockMode = { mode: 'exclusive' };
const shared: LockMode = { mode: 'shared' };
const permits = (n: number): LockMode => ({ mode: 'permits', permits: n });

describe('Ahead', () => {
  it.each<[string, LockMode, LockMode[], boolean]>([
    ['an exclusive ticket at the front', exclusive, [], true],
    ['an exclusive ticket behind another', exclusive, [exclusive], false],
    ['an exclusive ticket behind a reader', exclusive, [shared], false],
    ['an exclusive ticket behind a permit', exclusive, [permits(3)], false],
    ['a reader behind readers', shared, [shared, shared, shared], true],
    ['a reader behind a writer', shared, [exclusive], false],
    ['a reader behind a waiting writer', shared, [shared, exclusive], false],
    ['a permit while one is left', permits(3), [permits(3), permits(3)], true],
    ['a permit when none is left', permits(2), [permits(2), permits(2)], false],
    ['the only permit', permits(1), [permits(1)], false],
    ['a permit behind an exclusive ticket', permits(3), [exclusive], false],
  ])('decides on %s', (_, own, ahead, admitted) => {
    expect(TicketsAhead.of(ahead).admits(own)).toBe(admitted);
  });
});

describe('conflictBetween', () => {
  it.each<[LockMode, LockMode, RegExp]>([
    [exclusive, exclusive, /^none$/],
    [exclusive, shared, /^none$/],
    [exclusive, permits(2), /^none$/],
    [shared, shared, /^none$/],
    [permits(2), permits(2), /^none$/],
    [permits(2), permits(3), /2 permits, .* with 3/],
    [permits(3), permits(2), /3 permits, .* with 2/],
    [shared, permits(2), /shared lock and as a semaphore/],
    [permits(2), shared, /shared lock and as a semaphore/],
  ])('compares %j with %j', (own, other, conflict) => {
    expect(conflictBetween(own, other) ?? 'none').toMatch(conflict);
  });
});
