import { Module } from '@nestjs/common';
import { PartitionConsumer } from './partition-consumer.js';
import { PartitionsController } from './partitions.controller.js';
import { Takings } from './takings.js';

@Module({
  controllers: [PartitionsController],
  providers: [PartitionConsumer, Takings],
})
export class PartitionsModule {}
