import type { ShownTicket } from './wire.js';

type Owner = Pick<ShownTicket, 'instance' | 'host' | 'pid'>;

/** What to call whoever wrote a ticket. */
export function ownerName({ instance, host, pid }: Owner): string {
  if (instance) return instance;
  if (host === undefined) return 'another client';
  return pid === undefined ? host : `${host}:${pid}`;
}
