import type { LockClient } from '../core/index.js';
import type { Terminal } from './terminal.js';

/** What a command works with. */
export interface CommandContext {
  readonly locks: LockClient;
  readonly terminal: Terminal;
  readonly json: boolean;
}
