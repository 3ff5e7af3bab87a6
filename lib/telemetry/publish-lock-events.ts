import { channel } from 'node:diagnostics_channel';
import type { LockClient } from '../core/index.js';

const CHANNEL = channel('nestjs-etcd-lock');

/**
 * Publishes every event of the client on the channel `nestjs-etcd-lock` of
 * `node:diagnostics_channel`, as a `LockEvent`, as long as the channel has subscribers. Needs no
 * other package. The returned function ends it.
 *
 * A subscriber is called within the call that takes or releases a lock. What it throws does not
 * reach that call, but Node makes it an uncaught exception.
 *
 * @example
 * publishLockEvents(client);
 * diagnostics_channel.subscribe('nestjs-etcd-lock', (event) => log(event));
 */
export function publishLockEvents(client: LockClient): () => void {
  return client.subscribe((event) => {
    if (CHANNEL.hasSubscribers) CHANNEL.publish(event);
  });
}
