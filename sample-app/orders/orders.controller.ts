import {
  Body,
  Controller,
  Get,
  Inject,
  Param,
  ParseIntPipe,
  Post,
  Put,
} from '@nestjs/common';
import { DistributedLock } from 'nestjs-etcd-lock';
import { type Order, ParseOrderPipe } from './order.js';
import { Stock } from './stock.js';

@Controller()
export class OrdersController {
  constructor(@Inject(Stock) private readonly stock: Stock) {}

  @Post('orders')
  @DistributedLock((order: Order) => `stock:${order.sku}`)
  async order(@Body(ParseOrderPipe) order: Order) {
    return this.stock.sell(order);
  }

  /** What happens without the lock. Not for real shops. */
  @Post('orders/unguarded')
  async orderUnguarded(@Body(ParseOrderPipe) order: Order) {
    return this.stock.sell(order);
  }

  @Put('stock/:sku')
  async fill(
    @Param('sku') sku: string,
    @Body('units', ParseIntPipe) units: number,
  ) {
    await this.stock.put(sku, units);
  }

  @Get('stock/:sku')
  async count(@Param('sku') sku: string) {
    return this.stock.count(sku);
  }
}
