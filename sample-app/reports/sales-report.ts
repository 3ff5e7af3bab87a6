import { Inject, Injectable, Logger } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { Etcd3 } from 'etcd3';
import { DistributedLock } from 'nestjs-etcd-lock';
import { config } from '../config.js';

export interface ReportRun {
  readonly at: number;
  readonly instance: string;
  readonly orders: number;
}

/** The nightly report: every instance's clock strikes, one of them writes it. */
@Injectable()
export class SalesReport {
  private readonly logger = new Logger('Reports');

  constructor(@Inject(Etcd3) private readonly etcd: Etcd3) {}

  // `minHold`: without it a quick run would be over before a slower clock strikes, and that
  // instance would find the lock free and run the same report again.
  @Cron(config.reportCron, { name: 'report' })
  @DistributedLock('report', { onBusy: 'skip', minHold: config.reportMinHold })
  async write() {
    const at = Date.now();
    const orders = await this.etcd
      .getAll()
      .prefix(`${config.shopPrefix}orders/`)
      .count();
    const run: ReportRun = { at, instance: config.instance, orders };
    await this.etcd
      .put(`${RUNS}${at}-${config.instance}`)
      .value(JSON.stringify(run));
    this.logger.log(`wrote the report: ${orders} orders so far`);
  }

  async runs(): Promise<ReportRun[]> {
    const runs = await this.etcd.getAll().prefix(RUNS).json();
    return Object.values(runs) as ReportRun[];
  }
}

const RUNS = `${config.shopPrefix}reports/`;
