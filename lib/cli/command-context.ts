import type { LockClient, LockState } from '../core/index.js';
import type { Terminal } from './terminal.js';

/** What a command works with. */
export interface CommandContext {
  readonly locks: LockClient;
  /** All locks, however many, as they are read. */
  readonly pages: () => AsyncIterable<readonly LockState[]>;
  readonly terminal: Terminal;
  readonly json: boolean;
}
