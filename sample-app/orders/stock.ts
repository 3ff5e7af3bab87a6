import { randomUUID } from 'node:crypto';
import { ConflictException, Inject, Injectable } from '@nestjs/common';
import { Etcd3 } from 'etcd3';
import { config } from '../config.js';
import type { Order } from './order.js';
import { charge } from './payment.js';

/** Units on the shelf, and the orders that took them. Knows nothing of locks. */
@Injectable()
export class Stock {
  constructor(@Inject(Etcd3) private readonly etcd: Etcd3) {}

  async put(sku: string, units: number): Promise<void> {
    await this.etcd.put(stockKey(sku)).value(units);
  }

  /** Read, decide, charge, write back: two of these at once sell the same unit twice. */
  async sell({ sku, quantity }: Order): Promise<{ orderId: string }> {
    const left = (await this.etcd.get(stockKey(sku)).number()) ?? 0;
    if (left < quantity) throw new ConflictException(`${sku} is sold out`);

    await charge();

    const orderId = randomUUID();
    await this.etcd.put(stockKey(sku)).value(left - quantity);
    await this.etcd.put(ordersKey(sku) + orderId).value(quantity);
    return { orderId };
  }

  async count(sku: string): Promise<{ left: number; sold: number }> {
    const left = (await this.etcd.get(stockKey(sku)).number()) ?? 0;
    const orders = await this.etcd.getAll().prefix(ordersKey(sku)).numbers();
    return { left, sold: Object.values(orders).reduce((a, b) => a + b, 0) };
  }
}

const stockKey = (sku: string) => `${config.shopPrefix}stock/${sku}`;
const ordersKey = (sku: string) => `${config.shopPrefix}orders/${sku}/`;
