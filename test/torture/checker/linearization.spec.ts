import { describe, expect, it } from 'vitest';
import { type Held, judge } from './linearizable-lock.js';
import { type Call, linearize, type Specification } from './linearization.js';

interface Access {
  readonly kind: 'write' | 'read';
  readonly value: number;
}

const REGISTER: Specification<number, Access> = {
  initial: 0,
  step: (state, { kind, value }) =>
    kind === 'write' ? value : state === value ? state : undefined,
  nameOf: String,
};

const outcome = (
  ...calls: readonly (readonly [
    number,
    number | undefined,
    Access['kind'],
    number,
  ])[]
) =>
  linearize(
    calls.map(([called, returned, kind, value]): Call<Access> => ({
      called,
      returned,
      operation: { kind, value },
    })),
    REGISTER,
  ).outcome;

describe('the search for a linearization', () => {
  it('finds an order for calls that overlap', () => {
    expect(
      outcome([1, 9, 'write', 1], [2, 8, 'read', 0], [3, 4, 'read', 1]),
    ).toBe('linearizable');
  });

  it('refuses an answer that comes too late', () => {
    expect(outcome([1, 2, 'write', 1], [3, 4, 'read', 0])).toBe(
      'not linearizable',
    );
  });

  it('refuses two readers who see two writes in two orders', () => {
    expect(
      outcome(
        [1, 9, 'write', 1],
        [1, 9, 'write', 2],
        [2, 3, 'read', 1],
        [4, 5, 'read', 2],
        [6, 7, 'read', 1],
      ),
    ).toBe('not linearizable');
  });

  it('lets a call without an answer take effect at any time, or never', () => {
    expect(
      outcome([1, undefined, 'write', 1], [2, 3, 'read', 0], [4, 5, 'read', 1]),
    ).toBe('linearizable');
    expect(outcome([1, undefined, 'write', 1], [2, 3, 'read', 0])).toBe(
      'linearizable',
    );
  });

  it('takes no effect back', () => {
    expect(
      outcome([1, undefined, 'write', 1], [2, 3, 'read', 1], [4, 5, 'read', 0]),
    ).toBe('not linearizable');
  });

  it('says so where it gives up', () => {
    const calls = Array.from({ length: 12 }, (_, value): Call<Access> => ({
      called: 1,
      returned: 9,
      operation: { kind: 'write', value },
    }));
    const never = { called: 10, returned: 11 };
    const read = { ...never, operation: { kind: 'read', value: 99 } } as const;
    expect(linearize([...calls, read], REGISTER, 100).outcome).toBe(
      'undecided',
    );
  });
});

const alone = { mode: 'exclusive', permits: 1 } as const;
const reader = { mode: 'shared', permits: Infinity } as const;
const two = { mode: 'permits', permits: 2 } as const;

const held = (
  [asked, granted, until]: readonly [number, number, number],
  token: number | undefined,
  mode: Pick<Held, 'mode' | 'permits'> = alone,
): Held => ({
  who: `token ${token}`,
  ...mode,
  token: token === undefined ? undefined : BigInt(token),
  asked,
  granted,
  until,
});

const verdict = (...holdings: readonly Held[]) => judge(holdings).outcome;

describe('a linearizable lock', () => {
  it('has one holder after the other', () => {
    expect(verdict(held([1, 2, 5], 1), held([1, 6, 8], 2))).toBe(
      'linearizable',
    );
  });

  it('never has two', () => {
    expect(verdict(held([1, 2, 7], 1), held([1, 6, 8], 2))).toBe(
      'not linearizable',
    );
  });

  it('never has two where the first is never given back', () => {
    expect(verdict(held([1, 2, Infinity], 1), held([3, 6, 8], 2))).toBe(
      'not linearizable',
    );
  });

  it('has tokens that grow, whoever asked first', () => {
    expect(verdict(held([1, 2, 3], 7), held([1, 4, 5], 6))).toBe(
      'not linearizable',
    );
    expect(verdict(held([1, 2, 3], 7), held([1, 4, 5], 7))).toBe(
      'not linearizable',
    );
  });

  it('may have given a token before its holder heard of that', () => {
    // The first was taken away while the word of its grant was under way.
    expect(verdict(held([1, 9, 4], 6), held([2, 5, 6], 7))).toBe(
      'linearizable',
    );
  });

  it('lets readers in together, with one token, and nobody else', () => {
    const readers = [held([1, 2, 9], 5, reader), held([3, 4, 9], 5, reader)];
    expect(verdict(...readers)).toBe('linearizable');
    expect(verdict(...readers, held([1, 6, 8], 6))).toBe('not linearizable');
    expect(verdict(...readers, held([1, 10, 11], 5))).toBe('not linearizable');
  });

  it('has as many holders as permits', () => {
    const pair = [held([1, 2, 9], 5, two), held([3, 4, 9], 6, two)];
    expect(verdict(...pair)).toBe('linearizable');
    expect(verdict(...pair, held([5, 6, 7], 7, two))).toBe('not linearizable');
  });

  it('asks no token of those who have none, and still lets nobody in beside them', () => {
    const stranger = held([1, 2, 5], undefined);
    expect(verdict(stranger, held([1, 6, 8], 2))).toBe('linearizable');
    expect(verdict(stranger, held([1, 4, 8], 2))).toBe('not linearizable');
  });

  it('is decided quickly where many have left before one comes who must be alone', () => {
    const readers = Array.from({ length: 40 }, (_, n) =>
      held([4 * n, 4 * n + 1, 4 * n + 2], n + 1, reader),
    );
    // The later reader asked first.
    const late = [
      held([200, 240, 250], 101),
      held([190, 260, 270], 102, reader),
    ];
    expect(verdict(...readers, ...late)).toBe('linearizable');
    const wrong = held([280, 281, 282], 102);
    expect(verdict(...readers, ...late, wrong)).toBe('not linearizable');
  });

  it('is decided quickly for a crowd', () => {
    const crowd = Array.from({ length: 400 }, (_, place) =>
      held([place % 40, 100 + 2 * place, 101 + 2 * place], place + 1),
    );
    expect(judge(crowd).outcome).toBe('linearizable');
  });
});
