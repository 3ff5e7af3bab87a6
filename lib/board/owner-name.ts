import type { ShownTicket } from './wire.js';

type Owner = Pick<ShownTicket, 'label' | 'host' | 'pid'>;

/** What to call whoever wrote a ticket. */
export function ownerName({ label, host, pid }: Owner): string {
  if (label) return label;
  if (host === undefined) return 'another client';
  return pid === undefined ? host : `${host}:${pid}`;
}
