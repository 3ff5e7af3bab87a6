import { createLogUpdate } from 'log-update';
import type { LockState } from '../core/index.js';
import { byKey, lockTable } from './lock-table.js';
import { printable } from './printable.js';
import type { Terminal } from './terminal.js';
import type { WatchView } from './watch-view.js';

/** Locks may change more often than anybody can look. */
const REDRAW_MS = 50;
const LINES_AROUND = 4;

/** The locks as a table that is drawn in one place of the terminal. */
export class LiveTable implements WatchView {
  private readonly locks = new Map<string, LockState>();
  private readonly draw: ReturnType<typeof createLogUpdate>;
  private status = '';
  private planned: NodeJS.Timeout | undefined;

  constructor(private readonly out: Terminal['stdout']) {
    this.draw = createLogUpdate(out);
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
    this.draw(this.picture());
  }

  end(): void {
    this.tick();
    this.draw.done();
  }

  private picture(): string {
    const { columns = 80, rows = 24 } = this.out;
    const all = [...this.locks.values()].sort(byKey);
    const shown = all.slice(0, Math.max(1, rows - LINES_AROUND));
    const table = [...lockTable(shown, Date.now(), columns)].join('\n');
    const hidden = all.length - shown.length;
    const more = hidden === 0 ? '' : `\n… and ${hidden} more`;
    const count = all.length === 1 ? '1 lock' : `${all.length} locks`;
    return `${count} · ${this.status}\n${table}${more}`;
  }
}
