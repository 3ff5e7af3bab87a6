import type { LockState, TicketState } from '../core/index.js';
import { age } from './age.js';
import { printable } from './printable.js';
import { TextTable } from './text-table.js';
import { modeOf, ownerOf } from './ticket-text.js';

const HEAD = ['OWNER', 'PLACE', 'MODE', 'TICKET SINCE', 'LEASE', 'REVISION'];

/** All there is to say of one lock. `leases` has the time left, in ms, of the holders' leases. */
export function lockPage(
  lock: LockState,
  now: number,
  leases: ReadonlyMap<string, number>,
): string {
  const { key, etcdName, holders, waiters } = lock;
  const title = `${printable(key)}\nin etcd: ${printable(etcdName)}\n`;
  if (holders.length + waiters.length === 0) {
    return `${title}Nobody holds it or waits for it.\n`;
  }
  const row = (ticket: TicketState, place: string) => [
    ownerOf(ticket),
    place,
    modeOf(ticket),
    sinceOf(ticket, now),
    leaseOf(ticket, leases),
    String(ticket.createRevision),
  ];
  const rows = [
    ...holders.map((ticket) =>
      row(ticket, ticket.kept ? 'holds, kept' : 'holds'),
    ),
    ...waiters.map((ticket, index) => row(ticket, `waits, ${index + 1}.`)),
  ];
  const table = new TextTable(HEAD).lines(rows).join('\n');
  const notes = [...holders, ...waiters].flatMap(({ metadata, ...ticket }) =>
    metadata === undefined
      ? []
      : `metadata of ${ownerOf(ticket)}: ${printable(JSON.stringify(metadata))}\n`,
  );
  return `${title}\n${table}\n${notes.length > 0 ? '\n' : ''}${notes.join('')}`;
}

function sinceOf({ since }: TicketState, now: number): string {
  if (since === undefined || !Number.isFinite(since)) return '';
  const written = new Date(since);
  const time = Number.isNaN(written.getTime()) ? '' : written.toISOString();
  return `${time} (${age(since, now)})`;
}

function leaseOf(
  { lease }: TicketState,
  leases: ReadonlyMap<string, number>,
): string {
  const left = leases.get(lease);
  return left === undefined ? '' : `${Math.round(left / 1000)} s left`;
}
