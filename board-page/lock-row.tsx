import type { BoardStore } from './board-store.js';
import { duration } from './durations.js';
import { LeaseLeft } from './lease-left.js';
import { heldSince, type Listed } from './listing.js';
import { Owner } from './owner.js';
import { SafeText } from './safe-text.js';
import { Strip } from './strip.js';
import { Token } from './token.js';
import { visibleText } from './visible-text.js';

export interface RowProps {
  readonly store: BoardStore;
  readonly listed: Listed;
  readonly index: number;
  readonly active: boolean;
  readonly selected: boolean;
  readonly onOpen: (id: string) => void;
}

export function LockRow(props: RowProps) {
  const { store, listed, index, active, selected, onOpen } = props;
  const { lock, freedAt } = listed;
  const [holder] = lock.holders;
  const free = freedAt !== undefined;
  const since = heldSince(lock);
  const state = free ? 'free' : lock.waiting > 0 ? 'contended' : 'held';
  return (
    <tr
      class={`${state} ${selected ? 'selected' : ''}`}
      aria-rowindex={index + 2}
      onClick={() => onOpen(lock.id)}
    >
      <th scope="row">
        <button
          type="button"
          class="key"
          data-index={index}
          tabIndex={active ? 0 : -1}
          aria-expanded={selected}
          title={visibleText(lock.key)}
        >
          <StateMark state={state} />
          <SafeText text={lock.key} />
        </button>
      </th>
      <td>
        <span class="holders">
          {free ? (
            <span class="faint">free</span>
          ) : (
            holder && <Owner store={store} ticket={holder} />
          )}
          {!free && holder?.kept && (
            <span
              class="badge"
              title="Its owner keeps it until another process asks for it. It may be unused just now."
            >
              kept
            </span>
          )}
          {!free && lock.holding > 1 && (
            <span class="more">
              +{lock.holding - 1}
              <span class="hidden"> further holders</span>
            </span>
          )}
        </span>
      </td>
      <td class="number">
        {!free && since !== undefined && (
          <span
            title={
              holder?.heldFrom === undefined
                ? 'Since it asked for the lock, by its own clock; it may have waited first.'
                : undefined
            }
          >
            {holder?.heldFrom === undefined && <span class="faint">≤ </span>}
            {duration(store.now() - since)}
          </span>
        )}
      </td>
      <td class="number">
        {!free && holder && <Token token={holder.token} />}
      </td>
      <td class="number">
        {!free && holder && <LeaseLeft store={store} ticket={holder} />}
      </td>
      <td class="number">
        {!free && lock.waiting > 0 ? (
          <span class="queue-length">{lock.waiting}</span>
        ) : (
          <span class="faint">0</span>
        )}
      </td>
      <td class="strip-cell">
        <Strip store={store} id={lock.id} />
      </td>
    </tr>
  );
}

const NAMES = { held: 'held', contended: 'waited for', free: 'free' };

/** A shape as well as a colour, and a word for those who see neither. */
function StateMark({ state }: { readonly state: keyof typeof NAMES }) {
  return (
    <>
      <svg class={`mark ${state}`} width="12" height="12" viewBox="0 0 12 12">
        <title>{NAMES[state]}</title>
        {state === 'contended' ? (
          <path d="M6 .8 11.4 10.6H.6z" />
        ) : (
          <circle cx="6" cy="6" r="4.2" />
        )}
      </svg>
    </>
  );
}
