import { useEffect, useRef, useState } from 'preact/hooks';
import type { BoardStore } from './board-store.js';
import { ThemeChoice } from './theme.js';

const ANNOUNCE_MS = 15_000;

/** The state of things in one line. */
export function Heading({ store }: { readonly store: BoardStore }) {
  const { locks, waiting, contended, owners } = sums(store);
  const live = store.ready && store.trouble === undefined;
  return (
    <header class="heading">
      <h1>
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <rect width="32" height="32" rx="8" class="logo" />
          <path d="M11 15v-3.5a5 5 0 0 1 10 0V15" class="bow" />
          <rect
            x="8.5"
            y="14.5"
            width="15"
            height="10.5"
            rx="2.6"
            class="body"
          />
        </svg>
        Locks
      </h1>
      <dl class="sums">
        <Sum name="held" value={locks} />
        <Sum name="waited for" value={contended} />
        <Sum name="waiting" value={waiting} />
        <Sum name={owners === 1 ? 'holder' : 'holders'} value={owners} />
      </dl>
      <span class={live ? 'live' : 'live not'} id="live">
        <span class="dot" aria-hidden="true" />
        {live ? 'Live' : store.trouble === undefined ? 'Reading' : 'Not live'}
      </span>
      <ThemeChoice />
      <Announcement
        text={`${locks} locks are held, ${contended} of them are waited for.`}
      />
    </header>
  );
}

function Sum({
  name,
  value,
}: {
  readonly name: string;
  readonly value: number;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value.toLocaleString('en')}</dd>
    </div>
  );
}

/** For screen readers, now and then: not each change of a busy board. */
function Announcement({ text }: { readonly text: string }) {
  const [said, setSaid] = useState('');
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    const pause = said === '' ? 1_000 : ANNOUNCE_MS;
    const timer = setTimeout(() => setSaid(latest.current), pause);
    return () => clearTimeout(timer);
  }, [said, text === said]);
  return (
    <p class="hidden" aria-live="polite">
      {said}
    </p>
  );
}

function sums({ locks }: BoardStore) {
  let waiting = 0;
  let contended = 0;
  const owners = new Set<string>();
  for (const lock of locks.values()) {
    waiting += lock.waiting;
    if (lock.waiting > 0) contended += 1;
    for (const { host, pid, label } of lock.holders) {
      owners.add(`${host} ${pid} ${label}`);
    }
  }
  return { locks: locks.size, waiting, contended, owners: owners.size };
}
