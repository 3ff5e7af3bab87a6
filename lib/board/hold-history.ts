import { ownerName } from './owner-name.js';
import type { Gap, PastHold, ShownHolder } from './wire.js';

const KEPT_MS = 10 * 60_000;
const MOST_HOLDS = 5_000;

/** The holds of the last minutes that are over, for as long as somebody looked. */
export class HoldHistory {
  private holds: PastHold[] = [];
  private forgotten = 0;
  private blind: Gap[] = [{ from: 0 }];

  /** How many there have been. */
  get length(): number {
    return this.forgotten + this.holds.length;
  }

  get gaps(): readonly Gap[] {
    return this.blind;
  }

  ended(id: string, holder: ShownHolder, at: number): void {
    this.holds.push({
      id,
      owner: ownerName(holder),
      to: at,
      ...(holder.heldFrom !== undefined && { from: holder.heldFrom }),
    });
    // Not one by one, which would move the others each time.
    if (this.holds.length > MOST_HOLDS * 1.1) this.forget(at);
  }

  /** From here on nothing is seen. */
  blindFrom(at: number): void {
    const last = this.blind.at(-1);
    if (last !== undefined && last.to === undefined) return;
    this.blind = [...this.blind, { from: at }];
  }

  seeingFrom(at: number): void {
    this.forget(at);
    const last = this.blind.at(-1);
    if (last === undefined || last.to !== undefined) return;
    this.blind = [...this.blind.slice(0, -1), { from: last.from, to: at }];
  }

  /** Those from number `start` on, as far as they are remembered, but no more than `limit`. */
  since(start: number, limit: number): readonly PastHold[] {
    const from = Math.max(0, start - this.forgotten);
    return this.holds.slice(from, from + limit);
  }

  /** The number of the first one that is remembered. */
  get first(): number {
    return this.forgotten;
  }

  private forget(now: number): void {
    const oldest = now - KEPT_MS;
    let kept = Math.max(0, this.holds.length - MOST_HOLDS);
    while (kept < this.holds.length && this.holds[kept]!.to < oldest) kept += 1;
    this.holds.splice(0, kept);
    this.forgotten += kept;
    this.blind = this.blind.filter(({ to }) => to === undefined || to > oldest);
  }
}
