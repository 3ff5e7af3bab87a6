import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DistributedLock } from 'nestjs-etcd-lock';

/**
 * Handles the messages of a partition one at a time. While the broker moves a partition, it may
 * hand messages of it to two instances at once: hence the lock.
 */
@Injectable()
export class PartitionConsumer {
  private readonly logger = new Logger('Partitions');

  async consume(partition: number, count: number): Promise<void> {
    this.logger.log(`serves partition ${partition}, ${count} to come`);
    for (let message = 0; message < count; message += 1) {
      await this.handle(partition);
    }
  }

  // `keep`: the next message of the partition nearly always comes to the same instance.
  @DistributedLock((partition: number) => `partition:${partition}`, {
    keep: '30s',
  })
  async handle(_partition: number): Promise<void> {
    // Stands for the work on one message.
    await sleep(1);
  }
}
