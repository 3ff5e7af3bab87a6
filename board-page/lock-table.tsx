import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { BoardStore } from './board-store.js';
import type { Listed, Order } from './listing.js';
import { LockRow } from './lock-row.js';

const ROW = 48;
const HEAD = 36;
const SPARE = 6;

export interface TableProps {
  readonly store: BoardStore;
  readonly listed: readonly Listed[];
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
  readonly selected: string | undefined;
  readonly onOpen: (id: string) => void;
}

/** Draws only the rows that are in sight. One of them is reached by Tab, the others by arrows. */
export function LockTable(props: TableProps) {
  const { store, listed, order, onOrder, selected, onOpen } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [active, setActive] = useState(0);
  const hadFocus = useRef(false);
  const last = listed.length - 1;
  const current = Math.max(0, Math.min(active, last));
  const drawn = Math.ceil(height / ROW) + 2 * SPARE;
  // After a search the place that was scrolled to may be beyond the end.
  const lowest = Math.max(0, listed.length - drawn);
  const first = Math.min(Math.max(0, Math.floor(top / ROW) - SPARE), lowest);
  const end = Math.min(listed.length, first + drawn);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setHeight(entry.contentRect.height);
    });
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  // The row that has the focus may go away, and must not take it along.
  useEffect(() => {
    if (!hadFocus.current || document.activeElement !== document.body) return;
    buttonOf(box.current, current)?.focus({ preventScroll: true });
  });

  const go = (index: number) => {
    const target = Math.max(0, Math.min(index, last));
    setActive(target);
    hadFocus.current = true;
    reveal(box.current, target);
    requestAnimationFrame(() => buttonOf(box.current, target)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((height - HEAD) / ROW) - 1);
    const target = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: last,
    }[event.key];
    if (target === undefined || !onRow(event.target)) return;
    event.preventDefault();
    go(target);
  };

  return (
    <div
      class="scroll"
      ref={box}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
      onFocusIn={(event) => {
        hadFocus.current = onRow(event.target);
        const index = (event.target as HTMLElement).dataset['index'];
        if (index !== undefined) setActive(Number(index));
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget !== null) hadFocus.current = false;
      }}
    >
      {/* Its height stays while rows are exchanged, and with it the place that is scrolled to. */}
      <div style={{ height: `${HEAD + listed.length * ROW}px` }}>
        <table aria-rowcount={listed.length + 1} aria-label="Locks">
          <thead>
            <tr aria-rowindex={1}>
              <Head label="Lock" is="key" {...{ order, onOrder }} />
              <th scope="col">Holder</th>
              <Head label="Held for" is="held" {...{ order, onOrder }} />
              <th
                scope="col"
                class="number"
                title="The fencing token of the holder"
              >
                Token
              </th>
              <th
                scope="col"
                class="number"
                title="What is left of the holder's lease"
              >
                Lease
              </th>
              <Head label="Waiting" is="waiting" {...{ order, onOrder }} />
              <th scope="col" class="strip-cell">
                Last minute
              </th>
            </tr>
          </thead>
          <tbody>
            <Space rows={first} />
            {listed.slice(first, end).map((item, offset) => (
              <LockRow
                key={item.lock.id}
                store={store}
                listed={item}
                index={first + offset}
                active={first + offset === current}
                selected={item.lock.id === selected}
                onOpen={onOpen}
              />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Head({
  label,
  is,
  order,
  onOrder,
}: {
  readonly label: string;
  readonly is: Order;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}) {
  const chosen = order === is;
  return (
    <th
      scope="col"
      class={is === 'key' ? undefined : 'number'}
      aria-sort={
        chosen ? (is === 'waiting' ? 'descending' : 'ascending') : 'none'
      }
    >
      <button type="button" class="sort" onClick={() => onOrder(is)}>
        {label}
        <span aria-hidden="true" class="arrow">
          {chosen ? (is === 'key' ? '↑' : '↓') : ''}
        </span>
      </button>
    </th>
  );
}

function Space({ rows }: { readonly rows: number }) {
  return rows > 0 ? (
    <tr
      aria-hidden="true"
      class="space"
      style={{ height: `${rows * ROW}px` }}
    />
  ) : null;
}

function buttonOf(box: HTMLElement | null, index: number) {
  return box?.querySelector<HTMLElement>(`button[data-index="${index}"]`);
}

function onRow(target: EventTarget | null): boolean {
  return (target as HTMLElement).dataset['index'] !== undefined;
}

function reveal(box: HTMLElement | null, index: number): void {
  if (box === null) return;
  const above = index * ROW;
  const below = above + ROW + HEAD - box.clientHeight;
  if (box.scrollTop > above) box.scrollTop = above;
  else if (box.scrollTop < below) box.scrollTop = below;
}
