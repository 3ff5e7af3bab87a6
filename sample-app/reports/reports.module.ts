import { Module } from '@nestjs/common';
import { ReportsController } from './reports.controller.js';
import { SalesReport } from './sales-report.js';

@Module({ controllers: [ReportsController], providers: [SalesReport] })
export class ReportsModule {}
