import { Controller, Get, Inject } from '@nestjs/common';
import { SalesReport } from './sales-report.js';

@Controller('reports')
export class ReportsController {
  constructor(@Inject(SalesReport) private readonly report: SalesReport) {}

  @Get()
  async runs() {
    return { runs: await this.report.runs() };
  }
}
