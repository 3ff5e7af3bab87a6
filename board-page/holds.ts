import { ownerName } from '../lib/board/owner-name.js';
import type { BoardStore } from './board-store.js';

/** A hold as a picture shows it. */
export interface Hold {
  readonly owner: string;
  readonly from: number;
  readonly to: number;
  readonly now: boolean;
}

/**
 * The holds of a lock that reach into the time from `start` on, by their beginning. One that began
 * while nobody looked begins where somebody did.
 */
export function holdsOf(store: BoardStore, id: string, start: number): Hold[] {
  const holds: Hold[] = [];
  for (const { owner, from, to } of store.pastOf(id)) {
    if (to < start) continue;
    holds.push({
      owner,
      from: Math.max(from ?? seenFrom(store, to), start),
      to,
      now: false,
    });
  }
  const now = store.now();
  for (const holder of store.locks.get(id)?.holders ?? []) {
    const from = holder.heldFrom ?? seenFrom(store, now);
    holds.push({
      owner: ownerName(holder),
      from: Math.min(Math.max(from, start), now),
      to: now,
      now: true,
    });
  }
  return holds.sort((a, b) => a.from - b.from);
}

function seenFrom(store: BoardStore, until: number): number {
  const ends = store.gaps.map(({ to }) => to ?? Infinity);
  return Math.max(0, ...ends.filter((end) => end <= until));
}
