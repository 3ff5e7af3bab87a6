import { describe, expect, it } from 'vitest';
import { check } from './check.js';
import { Story } from './story.js';

const complaints = ({ history }: Story) =>
  check(history, { livenessBoundMs: 100 }).violations.map((one) => one.check);

/** A holder is told at 50 that its ticket was deleted, and at 52 that its lease is gone. */
function taken(): Story {
  const story = new Story();
  const id = story.asks(10, 'a', 'k');
  return story
    .at(10, 'a', { kind: 'ok', id, token: '1', put: '1', left: 500 })
    .at(49, 'a', { kind: 'look', id, left: 461 })
    .at(50, 'a', { kind: 'lost', id, reason: 'taken', why: 'deleted' })
    .at(52, 'a', { kind: 'session-lost', lease: '1' });
}

const memberEndsLeases = (story: Story, from: number, until: number) =>
  story.at(from, 'driver', {
    kind: 'leases-ended',
    subject: 'm1',
    until,
    leases: 3,
  });

describe('who is told that its ticket is gone', () => {
  it('has a reason', () => {
    expect(complaints(taken())).toEqual(['losses']);
  });

  it('may have lost it to a member that went on and ended leases, if its session is lost then', () => {
    expect(complaints(memberEndsLeases(taken(), 40, 60))).toEqual([]);
    expect(complaints(memberEndsLeases(taken(), 51, 60))).toEqual(['losses']);
    expect(complaints(memberEndsLeases(taken(), 40, 51))).toEqual(['losses']);
  });

  it('is promised nothing from then on, and everything before', () => {
    const heir = (from: number) =>
      memberEndsLeases(taken(), 40, 60).holds([from, 48], 'b', 'k', {
        token: 2,
        asked: 5,
      });
    expect(complaints(heir(45))).toEqual([]);
    expect(complaints(heir(35))).toContain('exclusion');
  });

  it('is promised all again with its next session', () => {
    const next = memberEndsLeases(taken(), 40, 90)
      .holds([60, 80], 'a', 'k', { token: 3, asked: 55 })
      .holds([65, 70], 'b', 'k', { token: 4, asked: 56 });
    expect(complaints(next)).toContain('exclusion');
  });
});
