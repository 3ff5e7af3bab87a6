import { afterEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../lib/testing/manual-clock.js';

function started() {
  const clock = new ManualClock();
  const start = clock.now();
  return {
    clock,
    passed: () => ({
      mono: clock.now().mono - start.mono,
      wall: clock.now().wall - start.wall,
    }),
  };
}

describe('ManualClock', () => {
  afterEach(() => void vi.useRealTimers());

  it('stands still until it is moved', async () => {
    const { clock, passed } = started();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(passed()).toEqual({ mono: 0, wall: 0 });
    await clock.advance(1500);
    expect(passed()).toEqual({ mono: 1500, wall: 1500 });
  });

  it('fires every timer at its own time, the earliest first', async () => {
    const { clock, passed } = started();
    const fired: [string, number][] = [];
    const note = (name: string) => () => fired.push([name, passed().mono]);
    clock.setTimer(300, note('third'));
    clock.setTimer(100, note('first'));
    clock.setTimer(200, note('second'));
    clock.setTimer(200, note('second, set later'));
    clock.setTimer(301, note('not yet'));
    await clock.advance(300);
    expect(fired).toEqual([
      ['first', 100],
      ['second', 200],
      ['second, set later', 200],
      ['third', 300],
    ]);
    expect(clock.pendingTimers).toBe(1);
  });

  it('fires timers that are set on the way', async () => {
    const { clock, passed } = started();
    const fired: number[] = [];
    const again = () => {
      fired.push(passed().mono);
      clock.setTimer(100, again);
    };
    clock.setTimer(100, again);
    await clock.advance(350);
    expect(fired).toEqual([100, 200, 300]);
    expect(passed().mono).toBe(350);
  });

  it('lets promises settle before the first timer, between timers and at the end', async () => {
    const { clock } = started();
    const story: string[] = [];
    const deep = async (name: string) => {
      for (let i = 0; i < 500; i += 1) await Promise.resolve();
      await new Promise<void>((resolve) => process.nextTick(resolve));
      story.push(name);
    };
    void deep('before').then(() => clock.setTimer(10, () => void deep('set')));
    clock.setTimer(20, () => story.push('timer'));
    clock.setTimer(30, () => void deep('end'));
    await clock.advance(30);
    expect(story).toEqual(['before', 'set', 'timer', 'end']);
  });

  it('does not fire what was cancelled, or what is due at Infinity', async () => {
    const { clock } = started();
    const fire = vi.fn();
    const cancel = clock.setTimer(10, fire);
    clock.setTimer(Infinity, fire);
    expect(clock.pendingTimers).toBe(1);
    cancel();
    cancel();
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(1e12);
    expect(fire).not.toHaveBeenCalled();
  });

  it('leaves other timers alone when one is cancelled after it fired', async () => {
    const { clock } = started();
    const fire = vi.fn();
    const cancel = clock.setTimer(10, () => {});
    clock.setTimer(20, fire);
    await clock.advance(10);
    cancel();
    await clock.advance(10);
    expect(fire).toHaveBeenCalledOnce();
  });

  it('fires a timer of no or negative time with the next advance, never at once', async () => {
    const { clock } = started();
    const fire = vi.fn();
    clock.setTimer(0, fire);
    clock.setTimer(-5, fire);
    expect(fire).not.toHaveBeenCalled();
    await clock.advance(0);
    expect(fire).toHaveBeenCalledTimes(2);
  });

  it('holds overdue timers back while the process is stalled', async () => {
    const { clock, passed } = started();
    const fired: number[] = [];
    clock.setTimer(100, () => fired.push(passed().mono));
    clock.stall(1000);
    expect(passed()).toEqual({ mono: 1000, wall: 1000 });
    expect(fired).toEqual([]);
    await clock.advance(0);
    expect(fired).toEqual([1000]);
  });

  it('moves the wall clock alone on suspend and on stepWall', async () => {
    const { clock, passed } = started();
    const fire = vi.fn();
    clock.setTimer(100, fire);
    clock.suspend(5000);
    expect(passed()).toEqual({ mono: 0, wall: 5000 });
    clock.stepWall(-8000);
    expect(passed()).toEqual({ mono: 0, wall: -3000 });
    await clock.advance(99);
    expect(fire).not.toHaveBeenCalled();
  });

  it('never runs backwards when a timer stalls the process', async () => {
    const { clock, passed } = started();
    const fired: number[] = [];
    clock.setTimer(10, () => clock.stall(1000));
    clock.setTimer(20, () => fired.push(passed().mono));
    await clock.advance(30);
    expect(fired).toEqual([1010]);
    expect(passed().mono).toBe(1010);
  });

  it('is not advanced twice at a time', async () => {
    const { clock, passed } = started();
    const first = clock.advance(10);
    await expect(clock.advance(10)).rejects.toThrow('already being advanced');
    await first;
    expect(passed().mono).toBe(10);
  });

  it('rejects with what a timer throws, and goes on after that', async () => {
    const { clock, passed } = started();
    const fire = vi.fn();
    clock.setTimer(10, () => {
      throw new Error('thrown by a timer');
    });
    clock.setTimer(20, fire);
    await expect(clock.advance(30)).rejects.toThrow('thrown by a timer');
    expect(passed().mono).toBe(10);
    await clock.advance(10);
    expect(fire).toHaveBeenCalledOnce();
  });

  it('runs while a test runner fakes the timers of the process', async () => {
    vi.useFakeTimers();
    const { clock, passed } = started();
    await clock.advance(10);
    expect(passed().mono).toBe(10);
  });
});
