import { useEffect, useRef } from 'preact/hooks';
import type { ShownHolder, ShownLock, ShownTicket } from '../lib/board/wire.js';
import type { BoardStore } from './board-store.js';
import { clock, duration } from './durations.js';
import { LeaseLeft } from './lease-left.js';
import { Owner } from './owner.js';
import { SafeText } from './safe-text.js';
import { Timeline } from './timeline.js';
import { Token } from './token.js';

export interface DetailProps {
  readonly store: BoardStore;
  readonly id: string;
  /** As it was last seen: it may be free by now. */
  readonly lock: ShownLock;
  readonly onClose: () => void;
  readonly onRelease: (lock: ShownLock) => void;
}

/** Everything about one lock. */
export function LockDetail({
  store,
  id,
  lock,
  onClose,
  onRelease,
}: DetailProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [id]);
  const present = store.locks.get(id);
  const holders = present?.holders ?? [];
  const waiters = present?.waiters ?? [];
  return (
    <aside class="detail" aria-labelledby="detail-title">
      <header>
        <h2 id="detail-title" tabIndex={-1} ref={title}>
          <SafeText text={lock.key} />
        </h2>
        <button type="button" class="quiet" id="close" onClick={onClose}>
          <span aria-hidden="true">✕</span>
          <span class="hidden">Close the details</span>
        </button>
        <p class="faint mono">
          <SafeText text={lock.id} />
        </p>
      </header>
      <div class="detail-body">
        <Timeline store={store} id={id} />
        <section>
          <div class="section-head">
            <h3>
              {(present?.holding ?? 0) > 1
                ? `${present!.holding} holders`
                : 'Holder'}
            </h3>
            {store.allowRelease && present && holders.length > 0 && (
              <button
                type="button"
                class="danger quiet"
                id="release"
                onClick={() => onRelease(present)}
              >
                Take away …
              </button>
            )}
          </div>
          {holders.length === 0 && <p class="empty">Nobody holds it.</p>}
          {holders.map((holder) => (
            <Holder
              key={holder.ticket + holder.created}
              {...{ store, holder }}
            />
          ))}
          <Rest shown={holders.length} all={present?.holding ?? 0} />
        </section>
        <section>
          <div class="section-head">
            <h3>Queue</h3>
            <span class="faint">{present?.waiting ?? 0} waiting</span>
          </div>
          {waiters.length === 0 && <p class="empty">Nobody waits.</p>}
          <ol class="queue">
            {waiters.map((waiter) => (
              <li key={waiter.ticket + waiter.created}>
                <Owner store={store} ticket={waiter} />
                <span class="number">
                  <Mode ticket={waiter} />
                  {waiter.since !== undefined &&
                    duration(store.now() - waiter.since)}
                </span>
              </li>
            ))}
          </ol>
          <Rest shown={waiters.length} all={present?.waiting ?? 0} />
        </section>
      </div>
    </aside>
  );
}

function Holder({
  store,
  holder,
}: {
  readonly store: BoardStore;
  readonly holder: ShownHolder;
}) {
  const { heldFrom, since, metadata, trace, kept, unreadable } = holder;
  return (
    <div class="holder">
      <Owner store={store} ticket={holder} />
      <dl>
        {heldFrom !== undefined && (
          <Fact name="Held since">
            {clock(heldFrom)}{' '}
            <span class="faint">({duration(store.now() - heldFrom)})</span>
          </Fact>
        )}
        {since !== undefined && (
          <Fact name="Asked for it">
            {clock(since)}{' '}
            <span class="faint">
              {heldFrom === undefined
                ? `(${duration(store.now() - since)})`
                : heldFrom - since > 50
                  ? `(waited ${duration(heldFrom - since)})`
                  : ''}
            </span>
          </Fact>
        )}
        <Fact name="Token">
          <Token token={holder.token} />
        </Fact>
        <Fact name="Mode">{modeOf(holder)}</Fact>
        <Fact name="Lease">
          <LeaseLeft store={store} ticket={holder} />
          <span class="faint mono">{holder.lease}</span>
        </Fact>
        {kept && (
          <Fact name="Kept">
            Until another process asks for it. It may be unused just now.
          </Fact>
        )}
        {trace !== undefined && (
          <Fact name="Trace">
            <span class="mono">
              <SafeText text={trace} />
            </span>
          </Fact>
        )}
        {unreadable && (
          <Fact name="Ticket">
            Another program wrote it, and not all of it can be read.
          </Fact>
        )}
        {metadata !== undefined && (
          <Fact name="Metadata">
            <pre>
              <SafeText text={metadata} />
            </pre>
          </Fact>
        )}
      </dl>
    </div>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Rest({
  shown,
  all,
}: {
  readonly shown: number;
  readonly all: number;
}) {
  return all > shown ? <p class="faint">and {all - shown} more</p> : null;
}

function Mode({ ticket }: { readonly ticket: ShownTicket }) {
  return ticket.mode === 'exclusive' ? null : (
    <span class="badge">{modeOf(ticket)}</span>
  );
}

function modeOf({ mode, permits }: ShownTicket): string {
  return mode === 'permits' ? `one of ${permits ?? '?'} permits` : mode;
}
