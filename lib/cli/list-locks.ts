import type { CommandContext } from './command-context.js';
import { byKey, LockTable } from './lock-table.js';
import { jsonLine } from './printable.js';

/** `ls`: every lock that somebody holds or waits for. */
export async function listLocks({
  locks,
  terminal: { stdout },
  json,
}: CommandContext): Promise<void> {
  const found = [...(await locks.list())].sort(byKey);
  if (json) {
    stdout.write(`${jsonLine({ locks: found })}\n`);
    return;
  }
  const lines = new LockTable(stdout.columns).lines(found, Date.now());
  stdout.write(lines.map((line) => `${line}\n`).join(''));
}
