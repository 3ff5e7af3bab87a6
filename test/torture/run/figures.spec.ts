import { describe, expect, it } from 'vitest';
import { check } from '../checker/check.js';
import { Story } from '../checker/story.js';
import { figuresOf, sumOf } from './figures.js';

const figures = ({ history }: Story) =>
  figuresOf(history, check(history, { livenessBoundMs: 100 }));

function holderDiesAt100(): Story {
  const story = new Story();
  const id = story.asks(1, 'dead', 'k');
  return story
    .at(1, 'dead', { kind: 'ok', id, token: '1', left: 500 })
    .at(100, 'driver', { kind: 'killed', subject: 'dead' });
}

describe('the figures of a run', () => {
  it('count what was asked for, and what came of it', () => {
    const story = new Story()
      .holds([1, 5], 'a', 'k')
      .holds([6, 9], 'b', ['j', 'k'])
      .at(2, 'driver', { kind: 'fault', fault: 'flood', detail: '' });
    const id = story.asks(7, 'c', 'k', { waitMs: 0 });
    story.at(8, 'c', { kind: 'info', id, code: 'LOCK_STORE' });
    expect(figures(story)).toMatchObject({
      operations: 3,
      acquisitions: { exclusive: 1, 'several keys': 1 },
      waiters: { served: 2, told: 0 },
      refusals: { 'LOCK_STORE, outcome unknown': 1 },
      faults: { flood: 1 },
    });
  });

  it('know how long those had to wait who waited for the dead', () => {
    const waited = holderDiesAt100().holds([400, 500], 'heir', 'k', {
      asked: 50,
    });
    expect(figures(waited).worstTakeOverMs).toBe(300);
    const came = holderDiesAt100().holds([400, 500], 'heir', 'k', {
      asked: 150,
    });
    expect(figures(came).worstTakeOverMs).toBe(0);
  });

  it('know how late a signal came, except to those who stood still', () => {
    const signal = (at: number) => {
      const story = new Story();
      const id = story.asks(1, 'a', 'k');
      story
        .at(1, 'a', { kind: 'ok', id, token: '1', left: 50 })
        .at(at, 'a', { kind: 'lost', id, reason: 'session' });
      return figures(story).worstSignalDelayMs;
    };
    expect(signal(60)).toBe(9);
    expect(signal(300)).toBe(0);
  });

  it('know how long after a restore those were told who have no ticket in it', () => {
    const story = (put: number) => {
      const story = new Story().restored([100, 110, 200], { backup: 50 });
      const id = story.asks(80, 'a', 'k');
      story
        .at(90, 'a', { kind: 'ok', id, token: '90', put: `${put}`, left: 500 })
        .at(150, 'a', { kind: 'lost', id, reason: 'taken' });
      return figures(story).worstRestoreNewsMs;
    };
    expect(story(60)).toBe(40);
    expect(story(40)).toBe(0);
  });

  it('add up over rounds, and keep the worst case', () => {
    const waited = figures(
      holderDiesAt100().holds([400, 500], 'heir', 'k', { asked: 50 }),
    );
    const calm = figures(new Story().holds([1, 5], 'a', 'k'));
    expect(sumOf([waited, calm])).toMatchObject({
      operations: 3,
      acquisitions: { exclusive: 3 },
      worstTakeOverMs: 300,
    });
  });
});
