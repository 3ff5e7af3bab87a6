import { isObservable } from 'rxjs';
import type { CallLock } from './call-lock.js';
import { heldIterator, isAsyncIterator } from './held-iterator.js';
import { heldObservable } from './held-observable.js';
import type { Body } from '../method/stand-in.js';

/** Makes a call under its lock, and gives the lock back when what the call returns has ended. */
export async function runUnder(lock: CallLock, body: Body): Promise<unknown> {
  const result = await lock
    .run(() => body(lock.handle))
    .catch((error) => abandoned(lock, error));
  const end = () => lock.end();
  if (isObservable(result)) {
    lock.endUnlessUsed();
    return heldObservable(lock, result, end);
  }
  if (isAsyncIterator(result)) {
    lock.endUnlessUsed();
    return heldIterator(lock, result, end);
  }
  await end();
  return result;
}

async function abandoned(lock: CallLock, error: unknown): Promise<never> {
  await lock.abandon();
  throw error;
}
