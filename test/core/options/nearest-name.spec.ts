import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../lib/core/options/nearest-name.js';

const known = ['ttl', 'waitTimeout', 'minHold', 'maxHold', 'mode', 'keep'];

describe('nearestName', () => {
  it.each([
    ['tlt', 'ttl'],
    ['tl', 'ttl'],
    ['TTL', 'ttl'],
    ['mod', 'mode'],
    ['waitTimout', 'waitTimeout'],
    ['waitTmieout', 'waitTimeout'],
    ['minHlod', 'minHold'],
    ['timeout', 'waitTimeout'],
    ['wait', 'waitTimeout'],
  ])('takes %s for %s', (name, meant) => {
    expect(nearestName(name, known)).toBe(meant);
  });

  it.each(['to', 'a', 'on', 'id', 'key', 'hold', 'retries', ''])(
    'takes %j for none of them',
    (name) => {
      expect(nearestName(name, known)).toBeUndefined();
    },
  );
});
