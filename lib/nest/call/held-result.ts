import { isObservable, Observable } from 'rxjs';
import type { Body } from '../method/decorated-method.js';
import { type CallLock, nextTurn } from './call-lock.js';
import { afterwards, type Leave, LockUses } from './lock-uses.js';

type Uses = Pick<LockUses, 'enter'>;

/** Makes a call under its lock, and gives the lock back when what the call returns has ended. */
export async function runUnder(lock: CallLock, body: Body): Promise<unknown> {
  let result: unknown;
  try {
    result = await lock.run(() => body(lock.lock));
  } catch (error) {
    await lock.abandon();
    throw error;
  }
  if (!isObservable(result) && !isAsyncIterator(result)) {
    await lock.end();
    return result;
  }
  const uses = new LockUses(() => lock.end());
  // Schedulers and the like never use what they are given.
  nextTurn(() => {
    if (!uses.everUsed) lock.abandon().catch(() => {});
  });
  return heldResult(lock, result, uses);
}

/** The same result, or what stands for one that goes on under the lock and ends its use of it. */
export function heldResult(
  lock: CallLock,
  result: unknown,
  uses: Uses,
): unknown {
  if (isObservable(result)) return heldObservable(lock, result, uses);
  return isAsyncIterator(result) ? heldIterator(lock, result, uses) : result;
}

/** Whether `value` is consumed by `next()`, like an async generator. Node's streams are not. */
export function isAsyncIterator(
  value: unknown,
): value is AsyncIterator<unknown> & AsyncIterable<unknown> {
  const candidate = value as Partial<AsyncGenerator> | null | undefined;
  return (
    typeof candidate === 'object' &&
    typeof candidate?.next === 'function' &&
    typeof candidate[Symbol.asyncIterator] === 'function'
  );
}

/**
 * The same Observable, produced by code that holds the lock and failing when the lock is lost. Each
 * subscription is a use of the lock. When that is given back, the Observable only fails.
 */
function heldObservable(
  lock: CallLock,
  source: Observable<unknown>,
  uses: Uses,
): Observable<unknown> {
  return new Observable((subscriber) => {
    if (lock.ended) return subscriber.error(lock.usedUp());
    const leave = uses.enter();
    const stopListening = lock.onLost((error) => subscriber.error(error));
    const inner = lock.enter(() =>
      source.subscribe({
        next: (value) => subscriber.next(value),
        error: (error) => {
          afterwards(leave(), () => subscriber.error(error));
        },
        complete: () => {
          afterwards(
            leave(),
            () => subscriber.complete(),
            (lost) => subscriber.error(lost),
          );
        },
      }),
    );
    return () => {
      stopListening();
      inner.unsubscribe();
      leave()?.catch(() => {});
    };
  });
}

/**
 * The same iterator, produced by code that holds the lock and failing when the lock is lost. It uses
 * the lock from the first value that it is asked for until nothing more can come.
 */
export function heldIterator(
  lock: CallLock,
  inner: AsyncIterator<unknown>,
  uses: Uses,
): AsyncGenerator {
  let over = false;
  let leave: Leave | undefined;
  const step = async (
    advance: () => Promise<IteratorResult<unknown>>,
  ): Promise<IteratorResult<unknown>> => {
    if (over) return { done: true, value: undefined };
    if (lock.ended) {
      over = true;
      inner.return?.().catch(() => {});
      throw lock.usedUp();
    }
    leave ??= uses.enter();
    let result: IteratorResult<unknown>;
    try {
      result = (await lock.run(advance)) as IteratorResult<unknown>;
    } catch (error) {
      over = true;
      // After a loss the producer is still at work: ask it to stop.
      inner.return?.().catch(() => {});
      await leave()?.catch(() => {});
      throw error;
    }
    if (result.done) {
      over = true;
      await leave();
    }
    return result;
  };
  const held: AsyncGenerator = {
    next: (value) => step(() => inner.next(value)),
    return: (value) =>
      step(async () => (await inner.return?.(value)) ?? { done: true, value }),
    throw: (error) =>
      step(async () => {
        if (!inner.throw) throw error;
        return inner.throw(error);
      }),
    [Symbol.asyncIterator]: () => held,
    [Symbol.asyncDispose]: async () => {
      await held.return(undefined);
    },
  };
  return held;
}
