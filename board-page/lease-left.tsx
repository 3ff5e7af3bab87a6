import type { ShownTicket } from '../lib/board/wire.js';
import type { BoardStore } from './board-store.js';
import { duration } from './durations.js';

const LENGTH = 56;

/** How long a ticket lasts if its lease is not renewed. */
export function LeaseLeft({
  store,
  ticket,
}: {
  readonly store: BoardStore;
  readonly ticket: ShownTicket;
}) {
  if (ticket.lease === '0') {
    return (
      <span title="Without a lease it stays until it is deleted.">
        never ends
      </span>
    );
  }
  const known = store.leases.of(ticket.lease, store.now());
  if (known === undefined) return <span class="faint">–</span>;
  return (
    <span
      class="lease"
      title="About how long etcd keeps it unless its process renews it."
    >
      <svg width={LENGTH} height="4" aria-hidden="true">
        <rect width={LENGTH} height="4" rx="2" class="track" />
        <rect
          width={LENGTH * known.share}
          height="4"
          rx="2"
          class={known.share < 0.34 ? 'fill low' : 'fill'}
        />
      </svg>
      <span>
        {duration(Math.round(known.left / 1000) * 1000).replace('.0', '')}
      </span>
    </span>
  );
}
