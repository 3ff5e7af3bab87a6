import { describe, expect, it } from 'vitest';
import type { Fact } from '../history/history-record.js';
import { check } from './check.js';
import { Story } from './story.js';

const complaints = ({ history }: Story) =>
  check(history, { livenessBoundMs: 100 }).violations.map(
    (violation) => violation.check,
  );

const WHY = 'k: etcdserver: permission denied';

/** `w1` has no rights from 100 to 200. */
const refused = () =>
  new Story().at(100, 'driver', {
    kind: 'refused',
    subject: 'w1',
    until: 200,
  });

type End = (id: number) => Fact;

function ends(who: string, [asked, at]: [number, number], end: End): Story {
  const story = refused();
  const id = story.asks(asked, who, 'k');
  return story.at(at, who, end(id));
}

function heldAndEnds(
  who: string,
  [asked, at]: [number, number],
  end: End,
): Story {
  const story = refused();
  const id = story.asks(asked, who, 'k');
  const ok = { kind: 'ok', id, token: '1', put: '1', left: 500 } as const;
  return story.at(asked + 1, who, ok).at(at, who, end(id));
}

const ways: readonly (readonly [string, typeof ends, End, string])[] = [
  [
    'who is told that it may not',
    ends,
    (id) => ({ kind: 'fail', id, code: 'LOCK_STORE', why: WHY }),
    'outcomes',
  ],
  [
    'whose release is refused',
    heldAndEnds,
    (id) => ({ kind: 'unreleased', id, code: 'LOCK_STORE', why: WHY }),
    'outcomes',
  ],
  [
    'who may not see its ticket any more',
    heldAndEnds,
    (id) => ({ kind: 'lost', id, reason: 'taken', why: WHY }),
    'losses',
  ],
];

describe('the checks of a history with revoked rights', () => {
  it.each(ways)(
    'pass %s, of the process concerned and then only',
    (_, story, end, what) => {
      expect(complaints(story('w1.2', [50, 150], end))).toEqual([]);
      expect(complaints(story('w1.2', [150, 250], end))).toEqual([]);
      expect(complaints(story('w1.2', [50, 99], end))).toEqual([what]);
      expect(complaints(story('w1.2', [201, 250], end))).toEqual([what]);
      expect(complaints(story('w11.1', [50, 150], end))).toEqual([what]);
    },
  );

  it('catch a release that fails for another reason, and an etcd that is not there', () => {
    const end = (code: string, why: string): End => {
      return (id) => ({ kind: 'unreleased', id, code, why });
    };
    const story = (code: string, why: string) =>
      complaints(heldAndEnds('w1.1', [50, 150], end(code, why)));
    expect(story('LOCK_STORE', 'etcd is away')).toEqual(['outcomes']);
    expect(story('LOCK_TIMEOUT', WHY)).toEqual(['outcomes']);
  });

  it('catch a ticket that nobody took', () => {
    const lost: End = (id) => ({
      kind: 'lost',
      id,
      reason: 'taken',
      why: 'its ticket was deleted in etcd',
    });
    const story = heldAndEnds('w1.1', [50, 150], lost);
    expect(complaints(story)).toEqual(['losses']);
    const taken = { kind: 'taken', subject: 'w1.1', key: 'k' } as const;
    story.at(140, 'driver', { ...taken, until: 145 });
    expect(complaints(story)).toEqual([]);
  });
});
