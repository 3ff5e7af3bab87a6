import { setTimeout as sleep } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  ServiceUnavailableException,
} from '@nestjs/common';
import { type Lock, LockService } from 'nestjs-etcd-lock';
import { config } from '../config.js';
import { Books } from './books.js';

const ACCOUNTS = 60;

export interface ClosedMonth {
  readonly instance: string;
  readonly fencingToken: string;
  /** When this instance had the lock, by its own wall clock. */
  readonly heldSince: number;
  readonly posted: number;
}

/** Closes the books of a month: long work, account by account, that one instance may do at a time. */
@Injectable()
export class MonthClose implements OnModuleDestroy {
  private readonly logger = new Logger('Ledger');
  private readonly stopping = new AbortController();

  constructor(
    @Inject(Books) private readonly books: Books,
    @Inject(LockService) private readonly locks: LockService,
  ) {}

  onModuleDestroy() {
    this.stopping.abort(
      new ServiceUnavailableException(
        'This instance is stopping; whoever closes the month next goes on here',
      ),
    );
  }

  /** Goes on where an earlier, interrupted close of the same month ended. */
  async close(month: string): Promise<ClosedMonth> {
    return this.locks.withLock(
      `ledger:${month}`,
      { waitTimeout: '1m' },
      async (lock) => {
        const heldSince = Date.now();
        const posted = await this.postAll(month, lock);
        return {
          instance: config.instance,
          fencingToken: String(lock.fencingToken),
          heldSince,
          posted,
        };
      },
    );
  }

  private async postAll(month: string, lock: Lock): Promise<number> {
    await this.books.claim(month, lock.fencingToken);
    const first = await this.books.posted(month);
    this.logger.log(
      `closes ${month} from account ${first + 1} of ${ACCOUNTS}, fencing token ${lock.fencingToken}`,
    );
    // Whichever comes first, the loss of the lock or the end of this instance.
    const signal = AbortSignal.any([lock.signal, this.stopping.signal]);
    for (let account = first; account < ACCOUNTS; account += 1) {
      await reconcile(signal);
      await this.books.post(month, account, lock.fencingToken);
    }
    this.logger.log(`closed ${month}`);
    return ACCOUNTS - first;
  }
}

/** Stands for the real work on one account, which ends at once when it is told to. */
async function reconcile(signal: AbortSignal): Promise<void> {
  await sleep(config.msPerAccount, undefined, { signal }).catch(() =>
    signal.throwIfAborted(),
  );
}
