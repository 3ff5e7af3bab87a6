import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type LockEvent, LockService } from 'nestjs-etcd-lock';

/**
 * Lets the debug log tell who waits and who has a lock, unless it was kept: such takings may be
 * thousands in a second. Losses and failures are logged anyway.
 */
@Injectable()
export class LockLog implements OnModuleInit {
  private readonly logger = new Logger('Locks');

  constructor(@Inject(LockService) private readonly locks: LockService) {}

  onModuleInit() {
    this.locks.events$.subscribe((event) => this.write(event));
  }

  private write(event: LockEvent) {
    if (event.type === 'waiting') {
      this.logger.debug(`waits for ${event.key}, ${event.ahead} ahead of it`);
    } else if (event.type === 'acquired' && !event.kept) {
      this.logger.debug(
        `has ${event.key} after ${Math.round(event.waitedMs)} ms, fencing token ${event.fencingToken}`,
      );
    }
  }
}
