import { describe, expect, it } from 'vitest';
import { check } from './check.js';
import { Story } from './story.js';

const options = { livenessBoundMs: 100 };

describe('the whole check', () => {
  it('finds nothing wrong with a good history', () => {
    const story = new Story()
      .holds([1, 5], 'a', 'k')
      .holds([6, 9], 'b', 'k', { asked: 2 })
      .at(10, 'driver', { kind: 'healed' });
    const id = story.asks(7, 'c', 'k', { waitMs: 0 });
    story.at(8, 'c', { kind: 'fail', id, code: 'LOCK_BUSY' });
    expect(check(story.history, options).violations).toEqual([]);
  });

  it('names each kind of violation', () => {
    const story = new Story()
      .at(2, 'b', { kind: 'waiting', key: 'k' })
      .holds([3, 9], 'a', 'k', { token: 5 })
      .holds([8, 12], 'b', 'k', { token: 4, asked: 1 })
      .holds([13, 14], 'c', 'k', { token: 3 })
      .at(20, 'driver', { kind: 'healed' });
    const id = story.asks(15, 'd', 'k');
    story.at(200, 'd', { kind: 'fail', id, code: 'ERR_INTERNAL' });
    for (const value of ['one', 'two']) {
      story.at(30, 'driver', {
        kind: 'write',
        register: 'k',
        fenced: true,
        base: 'initial',
        value,
        acknowledged: true,
      });
    }
    const { violations } = check(story.history, options);
    expect(new Set(violations.map((one) => one.check))).toEqual(
      new Set([
        'exclusion',
        'tokens',
        'linearizable',
        'registers',
        'first come, first served',
        'liveness',
        'outcomes',
      ]),
    );
  });
});
