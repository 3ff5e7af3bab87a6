import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SpareTime } from '../../lib/board/spare-time.js';

describe('spare time', () => {
  /** By the clock that the work looks at, in ms. */
  let spent: number;
  let failures: unknown[];
  let idle: () => boolean;
  let spareTime: SpareTime;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    spent = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => spent);
    failures = [];
    idle = () => false;
    spareTime = new SpareTime(
      () => idle(),
      (error) => failures.push(error),
    );
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** So many pieces, each of a millisecond, noted when they are done. */
  function* work(pieces: number, done: unknown[], name: unknown) {
    for (let piece = 0; piece < pieces; piece += 1) {
      spent += 1;
      done.push(name);
      yield;
    }
  }
  it('is taken a few milliseconds at a time, and then left to others', () => {
    const done: unknown[] = [];
    spareTime.do(work(100, done, 'a'));
    expect(done).toHaveLength(0);

    const turns: number[] = [];
    while (done.length < 100) {
      const before = done.length;
      vi.advanceTimersToNextTimer();
      turns.push(done.length - before);
    }
    expect(turns).toHaveLength(20);
    expect(Math.max(...turns)).toBe(5);
  });

  it('does jobs in their order, and what has none when there are no jobs', () => {
    const done: unknown[] = [];
    let rest = 3;
    idle = () => {
      if (rest === 0) return false;
      rest -= 1;
      done.push('idle');
      return true;
    };
    spareTime.do(work(2, done, 'a'));
    spareTime.do(work(1, done, 'b'));
    vi.runAllTimers();

    expect(done).toEqual(['a', 'a', 'b', 'idle', 'idle', 'idle']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells of a job that failed, and goes on with the next', () => {
    const done: unknown[] = [];
    spareTime.do({
      next() {
        throw new Error('bad');
      },
    });
    spareTime.do(work(1, done, 'b'));
    vi.runAllTimers();

    expect(failures).toEqual([new Error('bad')]);
    expect(done).toEqual(['b']);
  });
});
