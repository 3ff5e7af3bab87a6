import { describe, expect, it } from 'vitest';
import { beliefsOf, interferenceIn } from './belief.js';
import { operationsOf } from './operation.js';
import { restoresIn } from './restore.js';
import { Story } from './story.js';
import { checkHolderTokens, checkTokenOrder, type Tokens } from './tokens.js';

const outOfOrder = ({ history }: Story, before?: Tokens) =>
  checkTokenOrder(operationsOf(history), restoresIn(history), before).length;

const amongHolders = ({ history }: Story) =>
  checkHolderTokens(
    beliefsOf(operationsOf(history), interferenceIn(history)),
    restoresIn(history),
  ).length;

const shared = { mode: 'shared' } as const;
const kept = { keep: true, token: 7 } as const;

describe('the check of tokens in the order of the asking', () => {
  it('passes tokens that grow', () => {
    const story = new Story()
      .holds([1, 5], 'a', 'k', { token: 7 })
      .holds([6, 9], 'b', 'k', { token: 8 });
    expect(outOfOrder(story)).toBe(0);
  });

  it('passes readers that were admitted together with one token', () => {
    const story = new Story()
      .holds([3, 9], 'a', 'k', { ...shared, token: 7, asked: 1 })
      .holds([4, 9], 'b', 'k', { ...shared, token: 7, asked: 2 });
    expect(outOfOrder(story)).toBe(0);
  });

  it('catches a token that was given before the asking, in every mode', () => {
    const story = new Story()
      .holds([1, 9], 'a', 'k', { ...shared, token: 7 })
      .holds([3, 9], 'b', 'k', { ...shared, token: 7 });
    expect(outOfOrder(story)).toBe(1);
  });

  it('passes who shares a key by a ticket that stood before, to nobody who is alone', () => {
    const story = (mode: 'shared' | 'exclusive', put: number) =>
      new Story()
        .holds([2, 9], 'a', 'k', { ...shared, token: 8 })
        .holds([4, 9], 'b', 'k', { mode, token: 7, put });
    expect(outOfOrder(story('shared', 6))).toBe(0);
    expect(outOfOrder(story('shared', 8))).toBe(1);
    expect(outOfOrder(story('exclusive', 6))).toBe(1);
  });

  it('catches it also where one of several keys is common', () => {
    const story = new Story()
      .holds([1, 2], 'a', ['j', 'k'], { token: 7 })
      .holds([3, 4], 'b', ['k', 'l'], { token: 6 });
    expect(outOfOrder(story)).toBe(1);
  });

  it('passes the token of one whose process has kept the lock, to nobody else', () => {
    const story = (who: string, first: { token: number; keep?: true }) =>
      new Story()
        .holds([1, 2], 'a', 'k', first)
        .holds([3, 4], who, 'k', { token: 7 });
    expect(outOfOrder(story('a', kept))).toBe(0);
    expect(amongHolders(story('a', kept))).toBe(0);
    expect(outOfOrder(story('b', kept))).toBe(1);
    expect(amongHolders(story('b', kept))).toBe(1);
    expect(outOfOrder(story('a', { token: 7 }))).toBe(1);
    expect(amongHolders(story('a', { token: 7 }))).toBe(1);
  });

  it('catches the token of a kept lock once somebody else has had it', () => {
    const story = new Story()
      .holds([1, 2], 'a', 'k', kept)
      .holds([3, 4], 'b', 'k', { token: 8 })
      .holds([5, 6], 'a', 'k', kept);
    expect(outOfOrder(story)).toBe(1);
    expect(amongHolders(story)).toBe(1);
  });

  it('remembers what earlier histories have seen', () => {
    const tokens: Tokens = new Map();
    const earlier = new Story().holds([1, 2], 'a', 'k', { token: 7 });
    expect(outOfOrder(earlier, tokens)).toBe(0);
    const later = new Story().holds([1, 2], 'a', 'k', { token: 7 });
    expect(outOfOrder(later, tokens)).toBe(1);
  });
});

describe('the check of tokens from holder to holder', () => {
  it('passes who asked early and was served late', () => {
    const story = new Story()
      .holds([1, 5], 'a', 'k', { token: 7 })
      .holds([6, 9], 'b', 'k', { token: 8, asked: 0 });
    expect(amongHolders(story)).toBe(0);
  });

  it('catches two that share a token, though both asked before either was served', () => {
    const story = new Story()
      .holds([1, 5], 'a', 'k', { token: 7, asked: 0 })
      .holds([6, 9], 'b', 'k', { token: 7, asked: 0 });
    expect(amongHolders(story)).toBe(1);
    expect(outOfOrder(story)).toBe(0);
  });
});
