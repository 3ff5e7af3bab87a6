import {
  LockConfigurationError,
  type LockState,
  type TicketState,
} from '../core/index.js';
import type { CommandContext } from './command-context.js';
import { confirmed } from './confirm.js';
import { jsonLine, printable } from './printable.js';
import { ownerOf } from './ticket-text.js';

/**
 * `release KEY`: takes the lock away from those who hold it when the command asks, and from nobody
 * who comes after them. Resolves to whether there is nothing left to do.
 */
export async function releaseLock(
  context: CommandContext,
  key: string,
  { yes }: { readonly yes: boolean },
): Promise<boolean> {
  const { locks, terminal, json } = context;
  if (!yes && (json || !terminal.stdin.isTTY)) {
    throw new LockConfigurationError(
      'release needs --yes where it cannot ask.',
      key,
    );
  }
  const lock = await locks.inspect(key);
  if (!yes && lock.holders.length > 0) {
    terminal.stdout.write(
      `${named(lock.holders)} ${lock.holders.length > 1 ? 'hold' : 'holds'} "${printable(key)}". ` +
        'The lock can be taken away; the work it protects goes on until its process notices.\n',
    );
    if (!(await confirmed(terminal, 'Take the lock away?'))) {
      terminal.stdout.write('Nothing was released.\n');
      return false;
    }
  }
  const released: TicketState[] = [];
  for (const holder of lock.holders) {
    if ((await locks.forceRelease(key, [holder])) > 0) released.push(holder);
  }
  terminal.stdout.write(
    json ? `${jsonLine({ key, released })}\n` : report(lock, released),
  );
  return true;
}

function report(lock: LockState, released: readonly TicketState[]): string {
  const key = `"${printable(lock.key)}"`;
  if (released.length === 0) return `Nobody held ${key}: nothing to release.\n`;
  const tickets =
    released.length === 1 ? '1 ticket' : `${released.length} tickets`;
  return (
    `Released ${key}: deleted ${tickets} of ${named(released)}.\n` +
    'Their processes are told; work that does not listen goes on without the lock.\n'
  );
}

function named(tickets: readonly TicketState[]): string {
  return tickets.map(ownerOf).join(', ');
}
