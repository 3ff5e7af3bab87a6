import type { BoardStore } from './board-store.js';
import { holdsOf } from './holds.js';
import { colorClass } from './owner.js';

const STRIP_MS = 60_000;
const WIDTH = 168;
const HEIGHT = 18;

/** The last minute of one lock in one line: who held it, each in its colour. */
export function Strip({
  store,
  id,
}: {
  readonly store: BoardStore;
  readonly id: string;
}) {
  const end = store.now();
  const start = end - STRIP_MS;
  const x = (time: number) => (Math.max(0, time - start) / STRIP_MS) * WIDTH;
  return (
    <svg class="strip" width={WIDTH} height={HEIGHT} aria-hidden="true">
      <rect class="track" y="8" width={WIDTH} height="2" />
      {store.gaps.map(({ from, to = end }) =>
        to > start ? (
          <line
            key={from}
            class="unseen"
            x1={x(from)}
            x2={x(to)}
            y1="9"
            y2="9"
          />
        ) : null,
      )}
      {holdsOf(store, id, start).map(({ owner, from, to }) => (
        <rect
          key={`${owner} ${from}`}
          class={`hold ${colorClass(store, owner)}`}
          x={x(from)}
          y="3"
          width={Math.max(1.5, x(to) - x(from) - 0.5)}
          height="12"
          rx="2"
        />
      ))}
    </svg>
  );
}
