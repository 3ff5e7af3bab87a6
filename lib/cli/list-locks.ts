import type { CommandContext } from './command-context.js';
import { LockTable } from './lock-table.js';
import { printable } from './printable.js';
import { written } from './written.js';

/** `ls`: every lock that somebody holds or waits for, written as it is read. */
export async function listLocks({
  pages,
  terminal: { stdout },
  json,
}: CommandContext): Promise<void> {
  if (json) {
    let before = '{"locks":[';
    for await (const locks of pages()) {
      for (const lock of locks) {
        await written(stdout, before + printable(JSON.stringify(lock)));
        before = ',';
      }
    }
    await written(stdout, `${before === ',' ? '' : before}]}\n`);
    return;
  }
  const table = new LockTable(stdout.columns);
  for await (const locks of pages()) {
    const lines = table.lines(locks, Date.now());
    await written(stdout, lines.map((line) => `${line}\n`).join(''));
  }
}
