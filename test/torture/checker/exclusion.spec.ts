import { describe, expect, it } from 'vitest';
import { beliefsOf, interferenceIn } from './belief.js';
import { checkExclusion } from './exclusion.js';
import { operationsOf } from './operation.js';
import { Story } from './story.js';

function meetings({ history }: Story): number {
  const beliefs = beliefsOf(operationsOf(history), interferenceIn(history));
  return checkExclusion(beliefs).length;
}

describe('the check of exclusion', () => {
  it('passes holders that follow each other', () => {
    const story = new Story().holds([1, 5], 'a', 'k').holds([5, 9], 'b', 'k');
    expect(meetings(story)).toBe(0);
  });

  it('catches two exclusive holders of one key, also among several', () => {
    const story = new Story()
      .holds([1, 5], 'a', ['j', 'k'])
      .holds([4, 9], 'b', 'k');
    expect(meetings(story)).toBe(1);
  });

  it('passes holders of different keys', () => {
    const story = new Story().holds([1, 5], 'a', 'j').holds([4, 9], 'b', 'k');
    expect(meetings(story)).toBe(0);
  });

  it('passes readers together, and catches a writer among them', () => {
    const shared = { mode: 'shared' } as const;
    const story = new Story()
      .holds([1, 9], 'a', 'k', shared)
      .holds([2, 5], 'b', 'k', shared);
    expect(meetings(story)).toBe(0);
    expect(meetings(story.holds([6, 8], 'c', 'k'))).toBe(1);
  });

  it('passes as many holders as there are permits, and catches one more', () => {
    const two = { mode: 'permits', permits: 2 } as const;
    const story = new Story()
      .holds([1, 9], 'a', 'k', two)
      .holds([2, 4], 'b', 'k', two)
      .holds([4, 8], 'c', 'k', two);
    expect(meetings(story)).toBe(0);
    expect(meetings(story.holds([5, 6], 'd', 'k', two))).toBe(1);
  });

  /** It stood still from 10 on; another was served at 150. */
  function stoodStill(left: { first: number; second: number }): Story {
    const story = new Story();
    const id = story.asks(0, 'still', 'k');
    return story
      .at(0, 'still', { kind: 'ok', id, token: '1', left: 100 })
      .at(10, 'still', { kind: 'look', id, left: left.first })
      .at(200, 'still', { kind: 'look', id, left: left.second })
      .at(201, 'still', { kind: 'lost', id, reason: 'session' })
      .holds([150, 300], 'other', 'k');
  }

  it('passes who stood still and was told "not held" afterwards', () => {
    expect(meetings(stoodStill({ first: 90, second: 0 }))).toBe(0);
  });

  it('catches who stood still and was told "held" afterwards', () => {
    expect(meetings(stoodStill({ first: 90, second: 50 }))).toBe(1);
  });

  it('catches who was told before that the lock would last so long', () => {
    expect(meetings(stoodStill({ first: 145, second: 0 }))).toBe(1);
  });

  it('believes nothing of a lock that was over when it was handed out', () => {
    const story = new Story().holds([1, 90], 'a', 'k');
    const id = story.asks(2, 'late', 'k');
    story
      .at(20, 'late', { kind: 'ok', id, token: '2', left: 0 })
      .at(30, 'late', { kind: 'releasing', id, left: 0 });
    expect(meetings(story)).toBe(0);
  });

  it('believes nothing of the dead, and everything up to their end', () => {
    const story = new Story();
    const id = story.asks(0, 'a', 'k');
    story
      .at(0, 'a', { kind: 'ok', id, token: '1', left: 100 })
      .at(50, 'driver', { kind: 'killed', subject: 'a' });
    expect(meetings(story.holds([50, 60], 'b', 'k'))).toBe(0);
    expect(meetings(story.holds([49, 50], 'c', 'k'))).toBe(1);
  });

  it('excuses whom a ticket was taken from by hand, there and then only', () => {
    const taken = { kind: 'taken', key: 'k', until: 12 } as const;
    const story = new Story()
      .holds([1, 20], 'a', 'k')
      .at(10, 'driver', { ...taken, subject: 'a' })
      .holds([15, 30], 'b', 'k');
    expect(meetings(story)).toBe(0);
    const elsewhere = new Story()
      .holds([1, 20], 'a', 'k')
      .at(10, 'driver', { ...taken, subject: 'c' })
      .holds([15, 30], 'b', 'k');
    expect(meetings(elsewhere)).toBe(1);
    const before = new Story()
      .at(10, 'driver', { ...taken, subject: 'a' })
      .holds([13, 20], 'a', 'k')
      .holds([15, 30], 'b', 'k');
    expect(meetings(before)).toBe(1);
  });

  it('excuses who hears late of its turn, and not who was given another', () => {
    const story = (token: number) =>
      new Story()
        .at(10, 'driver', {
          kind: 'taken',
          subject: 'a',
          until: 12,
          revision: '7',
        })
        .holds([15, 20], 'a', 'k', { token, asked: 1 })
        .holds([13, 30], 'b', 'k', { token: 9 });
    expect(meetings(story(6))).toBe(0);
    expect(meetings(story(8))).toBe(1);
  });
});
