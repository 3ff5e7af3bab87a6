import { type Clock, StoreError } from '../core/index.js';

/** Calls that may never be answered, each with its time limit. */
export class PendingCalls {
  private readonly failing = new Set<(error: StoreError) => void>();

  constructor(private readonly clock: Clock) {}

  bound<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const fail = (error: StoreError) => {
        over();
        reject(error);
      };
      const stopTimer = this.clock.setTimer(timeoutMs, () =>
        fail(unanswered('timeout', `no reply after ${timeoutMs} ms`)),
      );
      const over = () => {
        stopTimer();
        this.failing.delete(fail);
      };
      this.failing.add(fail);
      answer.finally(over).then(resolve, reject);
    });
  }

  /** Rejects every call, because the store is being closed. */
  close(): void {
    for (const fail of [...this.failing]) {
      fail(unanswered('closed', 'the store was closed during the call'));
    }
  }
}

function unanswered(reason: 'timeout' | 'closed', message: string): StoreError {
  return new StoreError(reason, 'unknown', message);
}
