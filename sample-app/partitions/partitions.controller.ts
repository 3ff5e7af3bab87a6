import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Inject,
  Param,
  ParseIntPipe,
  Post,
} from '@nestjs/common';
import { PartitionConsumer } from './partition-consumer.js';
import { Takings } from './takings.js';

@Controller('partitions')
export class PartitionsController {
  constructor(
    @Inject(PartitionConsumer) private readonly consumer: PartitionConsumer,
    @Inject(Takings) private readonly takings: Takings,
  ) {}

  /** What a broker would do: hands this instance messages of a partition. */
  @Post(':partition')
  async consume(
    @Param('partition', ParseIntPipe) partition: number,
    @Body('count', ParseIntPipe) count: number,
  ) {
    if (count < 1 || count > 1000) {
      throw new BadRequestException('count: from 1 to 1000');
    }
    await this.consumer.consume(partition, count);
  }

  @Get('takings')
  soFar() {
    return this.takings.soFar();
  }
}
