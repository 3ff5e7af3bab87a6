import { Module } from '@nestjs/common';
import { IdGenerator } from './id-generator.js';
import { IdsController } from './ids.controller.js';

@Module({ controllers: [IdsController], providers: [IdGenerator] })
export class IdsModule {}
