import { Logger } from '@nestjs/common';
import type { LockClient } from '../../core/index.js';

const logger = new Logger('EtcdLockModule');

/** Logs what an operator wants to know of without having subscribed to anything. */
export function logLockEvents(client: LockClient): void {
  client.subscribe((event) => {
    switch (event.type) {
      case 'lost':
        // At a shutdown, every lock that is taken from its holder is lost.
        if (event.reason !== 'shutdown') {
          logger.warn(`Lock "${event.key}" was lost (${event.reason}).`);
        }
        return;
      case 'renewal-late':
        logger.warn(
          `The lease of the locks could not be renewed; they are lost in ${event.remainingMs} ms.`,
        );
        return;
      case 'session-lost':
        logger.warn(`The lease of the locks was lost: ${event.detail}.`);
        return;
      case 'revision-went-back':
        logger.error(
          `etcd went back from revision ${event.seen} to ${event.now}, as after the restore of a backup: new fencing tokens may be lower than old ones. See nestjs-etcd-lock/docs/preflight.md#restored-backup`,
        );
        return;
      case 'revision-leapt':
        logger.warn(
          `etcd leapt from revision ${event.seen} to ${event.now}, as after the restore of a backup with --bump-revision. See nestjs-etcd-lock/docs/preflight.md#restored-backup`,
        );
        return;
      case 'background-failure':
        logger.warn(event.error.message);
        return;
      default:
    }
  });
}
