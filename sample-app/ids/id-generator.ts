import { Inject, Injectable, Logger } from '@nestjs/common';
import { Etcd3 } from 'etcd3';
import { LockService } from 'nestjs-etcd-lock';
import { config } from '../config.js';

const BLOCK = 250;
const COUNTER = `${config.shopPrefix}ids/next`;

/**
 * Hands out numbers that no other instance hands out. Most come from this instance's own block,
 * at no cost; only a new block needs the lock. An instance that dies leaves a gap.
 */
@Injectable()
export class IdGenerator {
  private readonly logger = new Logger('Ids');
  private next = 0;
  private end = 0;

  constructor(
    @Inject(Etcd3) private readonly etcd: Etcd3,
    @Inject(LockService) private readonly locks: LockService,
  ) {}

  async take(count: number): Promise<number[]> {
    const ids: number[] = [];
    while (ids.length < count) {
      if (this.next === this.end) await this.refill();
      while (ids.length < count && this.next < this.end) ids.push(this.next++);
    }
    return ids;
  }

  private async refill(): Promise<void> {
    await this.locks.withLock('ids', async (lock) => {
      // Another request of this instance may have come first.
      if (this.next < this.end) return;

      const first = (await this.etcd.get(COUNTER).number()) ?? 1;
      const end = first + BLOCK;
      await lock.transaction({
        success: [{ kind: 'put', key: COUNTER, value: String(end) }],
      });
      this.next = first;
      this.end = end;
      this.logger.debug(`took the block ${first} to ${end - 1}`);
    });
  }
}
