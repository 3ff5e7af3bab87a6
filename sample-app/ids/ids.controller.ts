import {
  BadRequestException,
  Controller,
  Get,
  Inject,
  ParseIntPipe,
  Query,
} from '@nestjs/common';
import { IdGenerator } from './id-generator.js';

@Controller('ids')
export class IdsController {
  constructor(@Inject(IdGenerator) private readonly ids: IdGenerator) {}

  @Get('next')
  async next(@Query('count', ParseIntPipe) count: number) {
    if (count < 1 || count > 1000) {
      throw new BadRequestException('count: from 1 to 1000');
    }
    return { ids: await this.ids.take(count) };
  }
}
