import { Inject, Injectable, Logger } from '@nestjs/common';
import { Etcd3 } from 'etcd3';
import { config } from '../config.js';
import { StaleFenceError } from './stale-fence.error.js';

export interface Posting {
  readonly instance: string;
  readonly fence: string;
}

/**
 * The general ledger, the resource that the lock protects. It trusts no caller to still hold the
 * lock: it keeps the greatest fencing token it was shown and refuses writes that carry another.
 */
@Injectable()
export class Books {
  private readonly logger = new Logger('Ledger');

  constructor(@Inject(Etcd3) private readonly etcd: Etcd3) {}

  /** Shuts out all earlier holders. Call it before the first read, or they change what you read. */
  async claim(month: string, fence: bigint): Promise<void> {
    for (;;) {
      const { kvs } = await this.etcd.get(fenceKey(month)).exec();
      const [seen] = kvs;
      if (seen && BigInt(seen.value.toString()) > fence) {
        throw this.refused(month, fence);
      }
      const { succeeded } = await this.etcd
        .if(fenceKey(month), 'Mod', '==', seen?.mod_revision ?? 0)
        .then(this.etcd.put(fenceKey(month)).value(String(fence)))
        .commit();
      if (succeeded) return;
    }
  }

  /** @throws {StaleFenceError} and posts nothing, once a later holder has claimed the month */
  async post(month: string, account: number, fence: bigint): Promise<void> {
    const posting: Posting = {
      instance: config.instance,
      fence: String(fence),
    };
    const { succeeded } = await this.etcd
      .if(fenceKey(month), 'Value', '==', String(fence))
      .then(
        this.etcd
          .put(postingKey(month, account))
          .value(JSON.stringify(posting)),
      )
      .commit();
    if (!succeeded) throw this.refused(month, fence);
  }

  async posted(month: string): Promise<number> {
    return this.etcd.getAll().prefix(postingsKey(month)).count();
  }

  /** Every posting, and how often it was written: etcd counts that itself. */
  async postings(month: string): Promise<(Posting & { writes: number })[]> {
    const { kvs } = await this.etcd.getAll().prefix(postingsKey(month)).exec();
    return kvs.map(({ value, version }) => ({
      ...(JSON.parse(value.toString()) as Posting),
      writes: Number(version),
    }));
  }

  private refused(month: string, fence: bigint): StaleFenceError {
    const error = new StaleFenceError(month, fence);
    this.logger.warn(error.message);
    return error;
  }
}

const monthKey = (month: string) => `${config.shopPrefix}ledger/${month}`;
const fenceKey = (month: string) => `${monthKey(month)}/fence`;
const postingsKey = (month: string) => `${monthKey(month)}/postings/`;
const postingKey = (month: string, account: number) =>
  postingsKey(month) + String(account).padStart(4, '0');
