import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type LockEvent, LockService } from 'nestjs-etcd-lock';

/** How often this instance has taken the lock of a partition, and what that cost. */
@Injectable()
export class Takings implements OnModuleInit {
  private taken = 0;
  private askedEtcd = 0;
  private longestWaitMs = 0;

  constructor(@Inject(LockService) private readonly locks: LockService) {}

  onModuleInit() {
    this.locks.events$.subscribe((event) => this.count(event));
  }

  soFar() {
    const { taken, askedEtcd, longestWaitMs } = this;
    return { taken, askedEtcd, longestWaitMs };
  }

  private count(event: LockEvent) {
    if (event.type !== 'acquired' || !event.key.startsWith('partition:')) {
      return;
    }
    this.taken += 1;
    if (!event.kept) this.askedEtcd += 1;
    this.longestWaitMs = Math.max(this.longestWaitMs, event.waitedMs);
  }
}
