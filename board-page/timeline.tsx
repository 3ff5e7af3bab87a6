import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { BoardStore } from './board-store.js';
import { clock } from './durations.js';
import { type Hold, holdsOf } from './holds.js';
import { colorClass } from './owner.js';
import { SafeText } from './safe-text.js';
import { visibleText } from './visible-text.js';

const SPANS = [1, 5, 10];
const LANE = 30;
const TOP = 6;
const AXIS = 22;
const TICK_LABEL = 58;
const MOST_LANES = 8;

/** Who held a lock, one lane for each, with a line from each holder to the next. */
export function Timeline({
  store,
  id,
}: {
  readonly store: BoardStore;
  readonly id: string;
}) {
  const [minutes, setMinutes] = useState(1);
  const [width, box] = useWidth();
  const end = store.now();
  const start = end - minutes * 60_000;
  const holds = holdsOf(store, id, start);
  const owners = [...new Set(holds.map(({ owner }) => owner))]
    .sort()
    .slice(0, MOST_LANES);
  const height = TOP + Math.max(1, owners.length) * LANE + AXIS;
  const x = (time: number) =>
    ((Math.max(start, time) - start) / (end - start)) * width;
  return (
    <section aria-labelledby="timeline-title">
      <div class="section-head">
        <h3 id="timeline-title">Hand-overs</h3>
        <fieldset class="choice">
          <legend class="hidden">Length of the picture</legend>
          {SPANS.map((span) => (
            <label key={span}>
              <input
                type="radio"
                name="span"
                checked={span === minutes}
                onChange={() => setMinutes(span)}
              />
              <span>{span} min</span>
            </label>
          ))}
        </fieldset>
      </div>
      <div class="timeline">
        <ul class="lanes" style={{ height: `${height}px` }} aria-hidden="true">
          {owners.map((owner) => (
            <li key={owner}>
              <span class={`swatch ${colorClass(store, owner)}`} />
              <SafeText text={owner} />
            </li>
          ))}
        </ul>
        <div class="plot" ref={box}>
          <svg
            width={width}
            height={height}
            role="img"
            aria-label={summary(holds, minutes)}
          >
            {store.gaps.map(({ from, to = end }) =>
              to > start ? (
                <rect
                  key={from}
                  class="gap"
                  x={x(from)}
                  width={x(to) - x(from)}
                  height={height - AXIS}
                />
              ) : null,
            )}
            {owners.map((owner, lane) => (
              <line
                key={owner}
                class="lane"
                x2={width}
                y1={TOP + (lane + 0.5) * LANE}
                y2={TOP + (lane + 0.5) * LANE}
              />
            ))}
            {ticks(width).map((share) => (
              <g key={share} transform={`translate(${share * width} 0)`}>
                <line class="tick" y2={height - AXIS} />
                <text class="tick-label" x="4" y={height - 6}>
                  {clock(start + share * (end - start))}
                </text>
              </g>
            ))}
            {handOvers(holds).map(([before, after]) => (
              <line
                key={`${after.owner} ${after.from}`}
                class="hand-over"
                x1={x(after.from)}
                x2={x(after.from)}
                y1={TOP + (owners.indexOf(before.owner) + 0.5) * LANE}
                y2={TOP + (owners.indexOf(after.owner) + 0.5) * LANE}
              />
            ))}
            {holds.map((hold) => (
              <rect
                key={`${hold.owner} ${hold.from} ${hold.now}`}
                class={`hold ${colorClass(store, hold.owner)}`}
                x={x(hold.from)}
                y={TOP + owners.indexOf(hold.owner) * LANE + 7}
                width={Math.max(2, x(hold.to) - x(hold.from))}
                height={LANE - 14}
                rx="3"
              />
            ))}
          </svg>
          {holds.length === 0 && <p class="empty">Nothing was seen yet.</p>}
        </div>
      </div>
    </section>
  );
}

/** Where times are written, as shares of the width: no more of them than have room. */
function ticks(width: number): readonly number[] {
  return width < 4 * TICK_LABEL ? [0, 0.5] : [0, 0.25, 0.5, 0.75];
}

/** Pairs of holders of which the one followed the other. */
function handOvers(holds: readonly Hold[]): [Hold, Hold][] {
  return holds.flatMap((after, index): [Hold, Hold][] => {
    const before = holds[index - 1];
    if (before === undefined || before.now || before.owner === after.owner) {
      return [];
    }
    return Math.abs(after.from - before.to) < 1_000 ? [[before, after]] : [];
  });
}

function summary(holds: readonly Hold[], minutes: number): string {
  const times = new Map<string, number>();
  for (const { owner } of holds) times.set(owner, (times.get(owner) ?? 0) + 1);
  const parts = [...times]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([owner, count]) => `${visibleText(owner)}, ${count} times`);
  return `Holds in the last ${minutes} min: ${parts.join('; ') || 'nobody'}.`;
}

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(300);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(entry.contentRect.width);
    });
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return [width, box] as const;
}
