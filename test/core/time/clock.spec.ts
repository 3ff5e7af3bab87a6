import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../lib/core/time/clock.js';

describe('the clock of this process', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('reads both clocks in milliseconds', () => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
    const earlier = systemClock.now();
    vi.advanceTimersByTime(1_500);
    const later = systemClock.now();
    expect(earlier.wall).toBe(1_700_000_000_000);
    expect(later.wall - earlier.wall).toBe(1_500);
    expect(later.mono - earlier.mono).toBe(1_500);
  });

  it('fires a timer once, when it is due', () => {
    vi.useFakeTimers();
    const fire = vi.fn();
    systemClock.setTimer(100, fire);
    vi.advanceTimersByTime(99);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(fire).toHaveBeenCalledOnce();
  });

  it('does not fire a timer that was cancelled', () => {
    vi.useFakeTimers();
    const fire = vi.fn();
    systemClock.setTimer(100, fire)();
    vi.advanceTimersByTime(1_000);
    expect(fire).not.toHaveBeenCalled();
  });

  it('keeps a timer that is longer than Node allows', () => {
    vi.useFakeTimers();
    const fire = vi.fn();
    const thirtyDays = 30 * 24 * 3_600_000;
    systemClock.setTimer(thirtyDays, fire);
    vi.advanceTimersByTime(thirtyDays - 1);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fire).toHaveBeenCalledOnce();
  });

  it('cancels a long timer in any of its stretches', () => {
    vi.useFakeTimers();
    const cancel = systemClock.setTimer(30 * 24 * 3_600_000, () => {});
    vi.advanceTimersByTime(26 * 24 * 3_600_000);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never fires a timer of Infinity', () => {
    vi.useFakeTimers();
    systemClock.setTimer(Infinity, () => {})();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [undefined, false],
    [{ keepAlive: true }, true],
  ])('with %j keeps the process alive: %s', (options, keeps) => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    const cancel = systemClock.setTimer(60_000, () => {}, options);
    const timer = set.mock.results[0]!.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(keeps);
    cancel();
  });
});
