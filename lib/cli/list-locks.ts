import type { CommandContext } from './command-context.js';
import { byKey, lockTable } from './lock-table.js';
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
  for (const lines of lockTable(found, Date.now(), stdout.columns)) {
    stdout.write(`${lines}\n`);
  }
}
