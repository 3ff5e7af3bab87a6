import { ownerName } from '../lib/board/owner-name.js';
import type { ShownTicket } from '../lib/board/wire.js';
import type { BoardStore } from './board-store.js';
import { SafeText } from './safe-text.js';

const COLORS = 8;

/** The class of an owner's colour. The name is always beside it. */
export function colorClass(store: BoardStore, owner: string): string {
  return `owner-${store.colorOf(owner) % COLORS}`;
}

/** Who wrote a ticket: name, and host and process beneath. */
export function Owner({
  store,
  ticket,
}: {
  readonly store: BoardStore;
  readonly ticket: ShownTicket;
}) {
  const name = ownerName(ticket);
  const { host, pid } = ticket;
  const said =
    host === undefined
      ? []
      : [host, ...(pid === undefined ? [] : [`pid ${pid}`])];
  const parts = [...(ticket.unreadable ? ['unreadable'] : []), ...said];
  const place = parts.join(' · ') || 'tells nothing of itself';
  return (
    <span class="owner">
      <span class={`swatch ${colorClass(store, name)}`} aria-hidden="true" />
      <span class="owner-text">
        <span class="owner-name">
          <SafeText text={name} />
        </span>
        <span class="faint">
          <SafeText text={place} />
        </span>
      </span>
    </span>
  );
}
