import {
  BadRequestException,
  Controller,
  Get,
  Inject,
  Param,
  Post,
} from '@nestjs/common';
import { Books } from './books.js';
import { MonthClose } from './month-close.js';

@Controller('ledger')
export class LedgerController {
  constructor(
    @Inject(Books) private readonly books: Books,
    @Inject(MonthClose) private readonly monthClose: MonthClose,
  ) {}

  @Post(':month/close')
  async close(@Param('month') month: string) {
    return this.monthClose.close(asMonth(month));
  }

  @Get(':month')
  async postings(@Param('month') month: string) {
    return { postings: await this.books.postings(asMonth(month)) };
  }
}

function asMonth(month: string): string {
  if (!/^\d{4}-\d{2}$/.test(month)) {
    throw new BadRequestException('month: as in 2026-11');
  }
  return month;
}
