import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects what can be collected, and tells nobody of it before the next turn of the event loop. */
export const collect = runInNewContext('gc') as () => void;

/** Whether nothing in the process leads to it any more. */
export async function isForgotten(one: WeakRef<object>): Promise<boolean> {
  for (let round = 0; round < 5; round += 1) {
    await new Promise(setImmediate);
    collect();
  }
  return one.deref() === undefined;
}
