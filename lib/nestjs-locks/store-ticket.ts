import { hostname } from 'node:os';
import { readTicket, signatureOf, writeTicket } from '../core/internal.js';

const SIGNATURE = signatureOf({
  host: hostname(),
  pid: process.pid,
  label: '@nestjs/locks',
});

/** A ticket like any other, for all who look; `ttl` in milliseconds is what was asked for. */
export function valueOf(ttl: number, since: number): string {
  return writeTicket({ mode: 'exclusive' }, SIGNATURE, {
    since,
    metadata: JSON.stringify({ ttl }),
  });
}

export function ttlIn(value: string): unknown {
  return readTicket(value).note.metadata?.['ttl'];
}
