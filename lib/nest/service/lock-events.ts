import { Logger } from '@nestjs/common';
import {
  Observable,
  type Observer,
  type Operator,
  Subscriber,
  type Subscription,
} from 'rxjs';
import type { LockClient, LockEvent } from '../../core/index.js';
import { reportingErrors } from '../../core/internal.js';

const logger = new Logger('LockService');

function tell(error: unknown): void {
  logger.error(error, 'A subscriber of events$ failed.');
}

export function lockEvents(client: LockClient): Observable<LockEvent> {
  return new GuardedObservable<LockEvent>((subscriber) =>
    client.subscribe((event) => subscriber.next(event)),
  );
}

type Listener<T> = Partial<Observer<T>> | ((value: T) => void);

/**
 * RxJS throws the error of a subscriber from a timer, which ends the process. Nobody's metrics
 * may do that to the holder of a lock.
 */
class GuardedObservable<T> extends Observable<T> {
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new GuardedObservable<R>();
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    listener?: Listener<T> | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator's own subscriber: the guard sits behind the last operator.
    if (listener instanceof Subscriber) return super.subscribe(listener);
    const observer: Partial<Observer<T>> =
      typeof listener === 'function' || listener == null
        ? {
            ...(listener && { next: listener }),
            ...(error && { error }),
            ...(complete && { complete }),
          }
        : listener;
    return super.subscribe({
      next: (value) => reportingErrors(tell, () => observer.next?.(value)),
      complete: () => reportingErrors(tell, () => observer.complete?.()),
      error: (failure) =>
        reportingErrors(tell, () => {
          if (!observer.error) throw failure;
          observer.error(failure);
        }),
    });
  }
}
