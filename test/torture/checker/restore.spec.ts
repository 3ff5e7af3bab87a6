import { describe, expect, it } from 'vitest';
import { check } from './check.js';
import { Story } from './story.js';

const complaints = ({ history }: Story) =>
  check(history, { livenessBoundMs: 100 }).violations.map(
    (violation) => violation.check,
  );

/** The backup has everything up to 50; etcd is away from 100 to 110, and all are told by 130. */
const restored = (bump = 0) =>
  new Story().restored([100, 110, 130], { backup: 50, bump });

/** Believed up to `to`, when it was told. */
function told(story: Story, put: number, to: number): Story {
  const id = story.asks(80, 'a', 'k');
  return story
    .at(90, 'a', { kind: 'ok', id, token: '90', put: `${put}`, left: 500 })
    .at(to, 'a', { kind: 'lost', id, reason: 'taken', why: 'its ticket' });
}

describe('the checks of a history with a restore', () => {
  it('excuse who has no ticket in the backup, until it must have been told', () => {
    const other = { token: 60, asked: 111 };
    expect(
      complaints(told(restored(), 80, 129).holds([115, 140], 'b', 'k', other)),
    ).toEqual([]);
    const late = told(restored(), 80, 135);
    expect(complaints(late.holds([115, 140], 'b', 'k', other))).toEqual([
      'losses',
    ]);
    expect(complaints(told(restored(), 80, 135))).toEqual(['losses']);
  });

  it('do not excuse who has its ticket in the backup', () => {
    const story = told(restored(), 50, 129).holds([115, 140], 'b', 'k', {
      token: 200,
      asked: 111,
    });
    expect(complaints(story)).toContain('exclusion');
    expect(complaints(story)).toContain('losses');
  });

  it('do not excuse who asked after it', () => {
    const story = restored()
      .holds([112, 120], 'a', 'k', { token: 60 })
      .holds([115, 125], 'b', 'k', { token: 61 });
    expect(complaints(story)).toContain('exclusion');
  });

  it('do not excuse two who met before it', () => {
    const story = told(restored(), 80, 120).holds([92, 99], 'b', 'k', {
      token: 91,
    });
    expect(complaints(story)).toContain('exclusion');
  });

  it('excuse who was let in before it and says so later, unless the ticket is younger', () => {
    const other = { token: 1_060, asked: 111 };
    const story = (put: number) =>
      restored(1_000)
        .holds([112, 120], 'a', 'k', { token: put, put, asked: 95 })
        .holds([115, 140], 'b', 'k', other);
    expect(complaints(story(96))).toEqual([]);
    expect(complaints(story(1_055))).toContain('exclusion');
    expect(complaints(story(49))).toContain('exclusion');
  });

  it('let tokens begin again, and grow from there', () => {
    const before = () => restored().holds([90, 95], 'a', 'k', { token: 90 });
    const back = before()
      .holds([140, 145], 'b', 'k', { token: 60 })
      .holds([150, 155], 'c', 'k', { token: 61 });
    expect(complaints(back)).toEqual([]);
    const again = before()
      .holds([140, 145], 'b', 'k', { token: 60 })
      .holds([150, 155], 'c', 'k', { token: 60 });
    expect(complaints(again)).toEqual(['tokens', 'tokens', 'linearizable']);
  });

  it('let no token go back that was set forward', () => {
    const story = restored(1_000)
      .holds([90, 95], 'a', 'k', { token: 90 })
      .holds([140, 145], 'b', 'k', { token: 60 });
    expect(complaints(story)).toEqual(['tokens', 'tokens', 'linearizable']);
  });

  it('let a lock be kept over it where its ticket is in the backup, and nowhere else', () => {
    const story = (put: number) =>
      restored(1_000)
        .holds([30, 60], 'a', 'k', { token: put, put, keep: true })
        .holds([140, 145], 'a', 'k', { token: put, put, keep: true });
    expect(complaints(story(40))).toEqual([]);
    expect(complaints(story(55))).toContain('tokens');
  });

  it('take nobody for kept who has the token of before by another ticket', () => {
    const story = (put: number) =>
      restored()
        .holds([85, 95], 'a', 'k', { token: 90, put: 85, keep: true })
        .holds([125, 150], 'a', 'k', { token: 90, put, asked: 112 });
    expect(complaints(story(60))).toEqual([]);
    expect(complaints(story(85))).toContain('losses');
  });

  it('say nothing of the order of those who waited through it', () => {
    const story = (restore: boolean) =>
      (restore ? restored(1_000) : new Story())
        .at(90, 'a', { kind: 'waiting', key: 'k' })
        .holds([150, 160], 'a', 'k', { token: 1_070, asked: 80 })
        .holds([140, 145], 'b', 'k', { token: 1_060, asked: 135 });
    expect(complaints(story(true))).toEqual([]);
    expect(complaints(story(false))).toEqual(['first come, first served']);
  });

  it('know deletions by hand of before from tickets of after', () => {
    const taken = { kind: 'taken', subject: 'a', key: 'k', until: 92 } as const;
    const story = restored()
      .at(90, 'driver', { ...taken, revision: '90' })
      .holds([140, 160], 'a', 'k', { token: 60 })
      .holds([150, 155], 'b', 'k', { token: 61, asked: 135 });
    expect(complaints(story)).toContain('exclusion');
  });
});
