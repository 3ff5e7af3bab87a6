import { describe, expect, it } from 'vitest';
import type { Fact } from '../history/history-record.js';
import { interferenceIn } from './belief.js';
import { checkFirstCome } from './first-come.js';
import { operationsOf } from './operation.js';
import { Story } from './story.js';

function overtaken({ history }: Story): number {
  const operations = operationsOf(history);
  return checkFirstCome(history, operations, interferenceIn(history)).length;
}

/** `a` waits from 10 on and is served at 50. */
function waits(...incident: { at: number; who: string; fact: Fact }[]): Story {
  const story = new Story().holds([50, 60], 'a', 'k', { asked: 5 });
  story.at(10, 'a', { kind: 'waiting', key: 'k' });
  for (const { at, who, fact } of incident) story.at(at, who, fact);
  return story;
}

describe('the check of first come, first served', () => {
  it('passes who came later and is served later', () => {
    const story = waits().holds([61, 70], 'b', 'k', { asked: 11 });
    expect(overtaken(story)).toBe(0);
  });

  it('catches who came later and is served first', () => {
    const story = waits().holds([30, 40], 'b', 'k', { asked: 11 });
    expect(overtaken(story)).toBe(1);
  });

  it('catches it also where the newcomer asked for more keys, in another mode', () => {
    const story = waits().holds([30, 40], 'b', ['j', 'k'], {
      asked: 11,
      mode: 'shared',
    });
    expect(overtaken(story)).toBe(1);
  });

  it('says nothing of who came before the wait was known', () => {
    const story = waits().holds([30, 40], 'b', 'k', { asked: 9 });
    expect(overtaken(story)).toBe(0);
  });

  it('says nothing of callers who may have inherited a place', () => {
    const story = waits();
    story.asks(2, 'b', 'k');
    expect(overtaken(story.holds([30, 40], 'b', 'k', { asked: 11 }))).toBe(0);
  });

  it('says nothing of callers who may have inherited the place of the same keys in another order', () => {
    const story = waits();
    story.asks(2, 'b', ['k', 'j']);
    const inherited = story.holds([30, 40], 'b', ['j', 'k'], { asked: 11 });
    expect(overtaken(inherited)).toBe(0);
  });

  it('says nothing of a wait whose place was lost on the way', () => {
    for (const fact of [
      { kind: 'session-lost', lease: '1' },
      { kind: 'waiting', key: 'k' },
    ] as const) {
      const story = waits({ at: 40, who: 'a', fact });
      expect(
        overtaken(story.holds([30, 35], 'b', 'k', { asked: 11 })),
        fact.kind,
      ).toBe(0);
    }
    const fact = { kind: 'taken', subject: 'a', until: 21 } as const;
    const story = waits({ at: 20, who: 'driver', fact });
    expect(overtaken(story.holds([30, 40], 'b', 'k', { asked: 11 }))).toBe(0);
  });

  it('says nothing of a caller who joined a wait of its process', () => {
    const story = new Story()
      .at(10, 'a', { kind: 'waiting', key: 'k' })
      .holds([50, 60], 'a', 'k', { asked: 20 })
      .holds([30, 40], 'b', 'k', { asked: 11 });
    expect(overtaken(story)).toBe(0);
  });
});
