import 'reflect-metadata';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { config } from './config.js';

const app = await NestFactory.create(AppModule, {
  logger: new ConsoleLogger({ json: true, logLevels: config.logLevels }),
});
// Without this, a stopped instance keeps its locks until their lease runs out.
app.enableShutdownHooks();
await app.listen(config.port, '127.0.0.1');
new Logger('Shop').log(`${config.instance} listens on ${await app.getUrl()}`);
