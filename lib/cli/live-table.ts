import type { LockState } from '../core/index.js';
import { LivePicture } from './live-picture.js';
import { byKey, LockTable } from './lock-table.js';
import { printable } from './printable.js';
import type { Terminal } from './terminal.js';
import { folded } from './text-width.js';
import type { WatchView } from './watch-view.js';

/** Locks may change more often than anybody can look. */
const REDRAW_MS = 50;
/** The head, what says that there are more, and the line of the cursor. */
const LINES_AROUND = 3;

/** The locks as a table that is drawn in one place of the terminal. */
export class LiveTable implements WatchView {
  private readonly locks = new Map<string, LockState>();
  private readonly drawn: LivePicture;
  private status = '';
  private planned: NodeJS.Timeout | undefined;

  constructor(private readonly out: Terminal['stdout']) {
    this.drawn = new LivePicture(out);
  }

  snapshot(states: readonly LockState[], revision: bigint): void {
    this.locks.clear();
    this.changed(states, revision);
  }

  changed(states: readonly LockState[], revision: bigint): void {
    for (const state of states) {
      if (state.holders.length + state.waiters.length === 0)
        this.locks.delete(state.etcdName);
      else this.locks.set(state.etcdName, state);
    }
    this.status = `revision ${revision}`;
    this.planned ??= setTimeout(() => this.tick(), REDRAW_MS);
  }

  interrupted(error: Error): void {
    this.status = `interrupted: ${printable(error.message)}`;
    this.tick();
  }

  tick(): void {
    clearTimeout(this.planned);
    this.planned = undefined;
    // Before the first snapshot nobody knows that there are no locks.
    if (this.status === '') return;
    this.drawn.draw(this.picture());
  }

  end(): void {
    this.tick();
    this.drawn.end();
  }

  private picture(): string[] {
    const { columns = 80, rows = 24 } = this.out;
    const all = [...this.locks.values()].sort(byKey);
    const count = all.length === 1 ? '1 lock' : `${all.length} locks`;
    const room = Math.max(2, rows - LINES_AROUND);
    const title = folded(`${count} · ${this.status}`, columns);
    title.splice(room - 1);
    const shown = all.slice(0, room - title.length);
    const hidden = all.length - shown.length;
    return [
      ...title,
      ...new LockTable(columns).lines(shown, Date.now()),
      ...(hidden === 0 ? [] : [`… and ${hidden} more`]),
    ];
  }
}
