import type { CommandContext } from './command-context.js';
import { lockPage } from './lock-page.js';
import { printable } from './printable.js';

/** `show KEY`: who holds the lock and who waits for it. */
export async function showLock(
  { locks, terminal: { stdout }, json }: CommandContext,
  key: string,
): Promise<void> {
  const lock = await locks.inspect(key);
  if (json) {
    stdout.write(`${printable(JSON.stringify(lock))}\n`);
    return;
  }
  const leases = new Map<string, number>();
  for (const { lease } of lock.holders) {
    if (!leases.has(lease) && lease !== '0') {
      leases.set(lease, await locks.timeLeft(lease));
    }
  }
  stdout.write(lockPage(lock, Date.now(), leases));
}
