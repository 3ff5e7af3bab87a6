import { useEffect, useRef, useState } from 'preact/hooks';
import type { ShownLock } from '../lib/board/wire.js';
import type { BoardStore } from './board-store.js';
import { Heading } from './heading.js';
import { listing, type Order } from './listing.js';
import { LockDetail } from './lock-detail.js';
import { LockTable } from './lock-table.js';
import { ReleaseDialog } from './release-dialog.js';
import { SafeText } from './safe-text.js';
import { Search } from './search.js';
import { useStore } from './use-store.js';

export function Board({
  store,
  folder,
}: {
  readonly store: BoardStore;
  readonly folder: string;
}) {
  useStore(store);
  const [search, setSearch] = useState('');
  const [contendedOnly, setContendedOnly] = useState(false);
  const [order, setOrder] = useState<Order>('key');
  const [selected, setSelected] = useState<ShownLock>();
  const [releasing, setReleasing] = useState<Releasing>();
  const [said, setSaid] = useState('');
  const cameFrom = useRef<Element | null>(null);
  const listed = listing(store, { search, contendedOnly, order });

  const open = (id: string) => {
    const lock = store.locks.get(id) ?? store.freed.get(id)?.lock;
    if (lock === undefined) return;
    cameFrom.current = document.activeElement;
    setSelected(lock);
  };
  const close = () => {
    setSelected(undefined);
    const row = cameFrom.current;
    const target =
      row instanceof HTMLElement && row.isConnected
        ? row
        : document.querySelector<HTMLElement>('button.key[tabindex="0"]');
    target?.focus();
  };
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (document.querySelector('dialog[open]') !== null) return;
      if (event.key === 'Escape' && selected !== undefined) close();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [selected]);
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => setSaid(''), 8_000);
    return () => clearTimeout(timer);
  }, [said]);

  return (
    <div class={selected === undefined ? 'board' : 'board with-detail'}>
      <Heading store={store} />
      {store.trouble !== undefined && (
        <p class="trouble" role="alert">
          <span aria-hidden="true">!</span>
          <span>
            <SafeText text={store.trouble} />{' '}
            {store.locks.size > 0 && 'What is shown may be out of date. '}
            It is tried again until it works.
          </span>
        </p>
      )}
      <main class={store.trouble === undefined ? '' : 'stale'}>
        <Search
          {...{ search, setSearch, contendedOnly, setContendedOnly }}
          shown={listed.length}
          all={store.locks.size}
        />
        <LockTable
          {...{ store, listed, order }}
          onOrder={setOrder}
          selected={selected?.id}
          onOpen={open}
        />
        {listed.length === 0 && store.ready && (
          <p class="nothing">
            {store.locks.size === 0
              ? 'Nobody holds a lock.'
              : 'No lock matches.'}
          </p>
        )}
      </main>
      {selected !== undefined && (
        <LockDetail
          store={store}
          id={selected.id}
          lock={selected}
          onClose={close}
          onRelease={(asked) =>
            setReleasing({ lock: asked, question: performance.now() })
          }
        />
      )}
      {releasing !== undefined && (
        <ReleaseDialog
          key={releasing.question}
          lock={releasing.lock}
          folder={folder}
          onEnd={(message) => {
            if (message !== undefined) setSaid(message);
            // A browser tells that a dialog is closed after it closed it: the next may be open.
            setReleasing((asked) => (asked === releasing ? undefined : asked));
            const again = document.getElementById('release');
            (again ?? document.getElementById('detail-title'))?.focus();
          }}
        />
      )}
      <p class={said === '' ? 'said hidden' : 'said'} role="status">
        <SafeText text={said} />
      </p>
    </div>
  );
}

interface Releasing {
  readonly lock: ShownLock;
  /** Tells one time that somebody asked from another. */
  readonly question: number;
}
