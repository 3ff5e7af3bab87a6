import type { AddressInfo } from 'node:net';
import {
  type INestApplication,
  Logger,
  type LoggerService,
  type ModuleMetadata,
} from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';

export const silent: LoggerService = {
  log() {},
  error() {},
  warn() {},
};
Logger.overrideLogger(silent);

export async function application(
  metadata: ModuleMetadata,
  adapter: 'express' | 'fastify' = 'express',
): Promise<INestApplication> {
  const module = await Test.createTestingModule(metadata)
    .setLogger(silent)
    .compile();
  return adapter === 'fastify'
    ? module.createNestApplication(
        new FastifyAdapter({ forceCloseConnections: true }),
        { logger: silent },
      )
    : module.createNestApplication({
        logger: silent,
        forceCloseConnections: true,
      });
}

/** Starts to listen on a free port of this machine, and tells its address. */
export async function addressOf(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  return `127.0.0.1:${portOf(app)}`;
}

export function portOf(app: INestApplication): number {
  return (app.getHttpServer().address() as AddressInfo).port;
}
