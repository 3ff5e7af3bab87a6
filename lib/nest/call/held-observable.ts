import { Observable } from 'rxjs';
import type { CallLock } from './call-lock.js';

/**
 * The same Observable, produced by code that holds the lock and failing when the lock is lost.
 * `end` is called once, when the last subscription has ended, and may reject with the loss of the
 * lock. From then on the Observable only fails: it has no lock any more.
 */
export function heldObservable(
  lock: CallLock,
  source: Observable<unknown>,
  end: () => Promise<void>,
): Observable<unknown> {
  let subscriptions = 0;
  let over = false;
  const leave = async () => {
    subscriptions -= 1;
    if (subscriptions > 0) return;
    over = true;
    await end();
  };
  return new Observable((subscriber) => {
    if (over || lock.ended) return subscriber.error(lock.usedUp());
    lock.use();
    subscriptions += 1;
    let left: Promise<void> | undefined;
    const leaveOnce = () => (left ??= leave());
    const stopListening = lock.onLost((error) => subscriber.error(error));
    const inner = lock.enter(() =>
      source.subscribe({
        next: (value) => subscriber.next(value),
        error: (error) => {
          const fail = () => subscriber.error(error);
          leaveOnce().then(fail, fail);
        },
        complete: () => {
          leaveOnce().then(
            () => subscriber.complete(),
            (lost) => subscriber.error(lost),
          );
        },
      }),
    );
    return () => {
      stopListening();
      inner.unsubscribe();
      leaveOnce().catch(() => {});
    };
  });
}
