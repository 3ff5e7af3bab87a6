import { setImmediate } from 'node:timers';

/** Taken when the library is loaded: the fake timers of a test runner do not hold locks up. */
export const nextTurn = setImmediate;
