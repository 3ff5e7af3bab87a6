import {
  LockConfigurationError,
  type LockState,
  type TicketState,
} from '../core/index.js';
import type { CommandContext } from './command-context.js';
import { confirmed } from './confirm.js';
import { printable } from './printable.js';
import { ownerOf } from './ticket-text.js';

/** `nothing`: nobody held it, or those who did have let go meanwhile. */
export type ReleaseOutcome = 'released' | 'declined' | 'nothing';

/**
 * `release KEY`: takes the lock away from those who hold it when the command asks, and from nobody
 * who comes after them. When etcd fails on the way, what was done before is said as well.
 */
export async function releaseLock(
  context: CommandContext,
  key: string,
  { yes }: { readonly yes: boolean },
): Promise<ReleaseOutcome> {
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
      return 'declined';
    }
  }
  const done: Done = { lock, released: [], gone: [] };
  try {
    for (const holder of lock.holders) {
      const deleted = await locks.forceRelease(key, [holder]);
      (deleted > 0 ? done.released : done.gone).push(holder);
    }
  } catch (error) {
    if (done.released.length > 0) terminal.stdout.write(report(done, json));
    throw error;
  }
  terminal.stdout.write(report(done, json));
  return done.released.length > 0 ? 'released' : 'nothing';
}

/** What became of those who held the lock. */
interface Done {
  readonly lock: LockState;
  readonly released: TicketState[];
  readonly gone: TicketState[];
}

function report({ lock, released, gone }: Done, json: boolean): string {
  if (json)
    return `${printable(JSON.stringify({ key: lock.key, released, gone }))}\n`;
  const key = `"${printable(lock.key)}"`;
  if (lock.holders.length === 0) {
    return `Nobody holds ${key}: nothing to release. In etcd it would be ${printable(lock.etcdName)}.\n`;
  }
  const went =
    gone.length === 0 ? '' : `${named(gone)} had let go of it meanwhile.\n`;
  if (released.length === 0) return `Nothing was released: ${went}`;
  const tickets =
    released.length === 1 ? '1 ticket' : `${released.length} tickets`;
  return (
    `Released ${key}: deleted ${tickets} of ${named(released)}.\n${went}` +
    'Their processes are told; work that does not listen goes on without the lock.\n'
  );
}

function named(tickets: readonly TicketState[]): string {
  return tickets.map(ownerOf).join(', ');
}
