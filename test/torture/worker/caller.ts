import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../simulation/random.js';
import type { HistoryFile } from '../history/history-file.js';
import { holdOn } from './hold.js';
import type { RegisterLink } from './register-link.js';
import type { Way } from './way.js';
import { drawWish, type Wish } from './wish.js';

export interface CallerTerms {
  readonly way: Way;
  readonly history: HistoryFile;
  readonly registers: RegisterLink;
  readonly random: Random;
  readonly worker: { readonly index: number; readonly caller: number };
  readonly hurry: AbortSignal;
  readonly nextId: () => number;
}

/** Takes locks, one after the other, until it is told to hurry. */
export async function keepCalling(terms: CallerTerms): Promise<void> {
  const { random, hurry, worker } = terms;
  while (!hurry.aborted) {
    await attempt(drawWish(random, worker), terms);
    await pause(random.exponential(20));
  }
}

async function attempt(wish: Wish, terms: CallerTerms): Promise<void> {
  const { way, history, registers, hurry } = terms;
  const id = terms.nextId();
  const { keys, mode, permits } = wish;
  const waitMs = wish.waitMs === Infinity ? null : wish.waitMs;
  history.add({
    kind: 'invoke',
    id,
    keys,
    mode,
    waitMs,
    ...(permits !== undefined && { permits }),
    ...(wish.keepMs !== undefined && { keep: true }),
  });
  let working: Promise<void> | undefined;
  try {
    await way.take(wish, (lock) => {
      working = holdOn({ id, lock, wish, history, registers, hurry });
      return working;
    });
  } catch (error) {
    if (working === undefined) history.add(refusal(id, error));
    else if (codeOf(error) !== 'LOCK_LOST') throw error;
  }
  // A lost lock rejects at once, while the work under it still goes on.
  await working;
}

function refusal(id: number, error: unknown) {
  const code = codeOf(error);
  const unknown = (error as { outcome?: string }).outcome === 'unknown';
  return { kind: unknown ? 'info' : 'fail', id, code } as const;
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string };
  if (name === 'TimeoutError') return 'ABORTED';
  return typeof code === 'string' ? code : String(error);
}
