import type { Clock } from '../../core/index.js';
import { nextTurn } from '../next-turn.js';

/** The same clock, but what is due at once happens though nobody moves it. */
export function withoutDelay(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    setTimer(ms, fire, options) {
      if (ms > 0) return clock.setTimer(ms, fire, options);
      const immediate = nextTurn(fire);
      return () => clearImmediate(immediate);
    },
  };
}
