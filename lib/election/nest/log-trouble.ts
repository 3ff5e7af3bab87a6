import { Logger } from '@nestjs/common';

const logger = new Logger('LeaderElection');

export function logTrouble(error: unknown): void {
  logger.warn(error instanceof Error ? error.message : error);
}
