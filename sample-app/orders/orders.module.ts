import { Module } from '@nestjs/common';
import { OrdersController } from './orders.controller.js';
import { Stock } from './stock.js';

@Module({ controllers: [OrdersController], providers: [Stock] })
export class OrdersModule {}
