import { setImmediate } from 'node:timers';

/** Taken when the library is loaded: the fake timers of a test runner do not stop a manual clock. */
export const nextTurn = setImmediate;
