import { Module } from '@nestjs/common';
import { Books } from './books.js';
import { LedgerController } from './ledger.controller.js';
import { MonthClose } from './month-close.js';

@Module({
  controllers: [LedgerController],
  providers: [Books, MonthClose],
})
export class LedgerModule {}
