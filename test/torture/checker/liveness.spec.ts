import { describe, expect, it } from 'vitest';
import { interferenceIn } from './belief.js';
import { checkLiveness } from './liveness.js';
import { operationsOf } from './operation.js';
import { Story } from './story.js';

const BOUND = 100;

function stuck({ history }: Story): string[] {
  const operations = operationsOf(history);
  return checkLiveness(history, operations, interferenceIn(history), BOUND).map(
    ({ detail }) => detail,
  );
}

const healed = () => new Story().at(1_000, 'driver', { kind: 'healed' });

describe('the check of liveness', () => {
  it('passes who is served or told in time', () => {
    const story = healed().holds([1_100, 1_200], 'a', 'k', { asked: 1 });
    const id = story.asks(2, 'b', 'k');
    story.at(1_100, 'b', { kind: 'fail', id, code: 'LOCK_TIMEOUT' });
    expect(stuck(story)).toEqual([]);
  });

  it('catches who is served too late', () => {
    const story = healed().holds([1_101, 1_200], 'a', 'k', { asked: 1 });
    expect(stuck(story)).toEqual([expect.stringContaining('after 101 ms')]);
  });

  it('catches who never hears anything, unless it was killed', () => {
    const story = healed();
    story.asks(1, 'a', 'k');
    expect(stuck(story)).toEqual([expect.stringContaining('never')]);
    story.at(500, 'driver', { kind: 'killed', subject: 'a' });
    expect(stuck(story)).toEqual([]);
  });
});
