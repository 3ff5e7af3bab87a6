import type { CallLock } from './call-lock.js';

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
 * The same iterator, produced by code that holds the lock and failing when the lock is lost.
 * `end` is called once, when nothing more can come, and may reject with the loss of the lock.
 */
export function heldIterator(
  lock: CallLock,
  inner: AsyncIterator<unknown>,
  end: () => Promise<void>,
): AsyncGenerator {
  let over = false;
  const step = async (
    advance: () => Promise<IteratorResult<unknown>>,
  ): Promise<IteratorResult<unknown>> => {
    if (over) return { done: true, value: undefined };
    if (lock.ended) {
      over = true;
      inner.return?.().catch(() => {});
      throw lock.usedUp();
    }
    lock.use();
    let result: IteratorResult<unknown>;
    try {
      result = (await lock.run(advance)) as IteratorResult<unknown>;
    } catch (error) {
      over = true;
      // After a loss the producer is still at work: ask it to stop.
      inner.return?.().catch(() => {});
      await end().catch(() => {});
      throw error;
    }
    if (result.done) {
      over = true;
      await end();
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
