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
  /** What is done under locks just now. */
  readonly atWork: Set<Promise<void>>;
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
  const { atWork } = terms;
  let working: Promise<void> | undefined;
  try {
    await way.take(wish, (lock) => {
      const work = holdOn({ id, lock, wish, history, registers, hurry });
      working = work;
      atWork.add(work);
      return work.finally(() => atWork.delete(work));
    });
  } catch (error) {
    const code = codeOf(error);
    const why = (error as Error).message;
    if (working === undefined) history.add(refusal(id, error));
    else if (code !== 'LOCK_LOST')
      history.add({ kind: 'unreleased', id, code, why });
  }
  // A lost lock rejects at once, while the work under it still goes on.
  await working;
}

function refusal(id: number, error: unknown) {
  const code = codeOf(error);
  const unknown = (error as { outcome?: string }).outcome === 'unknown';
  const why = code === 'LOCK_STORE' ? { why: (error as Error).message } : {};
  return { kind: unknown ? 'info' : 'fail', id, code, ...why } as const;
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string };
  if (name === 'TimeoutError') return 'ABORTED';
  return typeof code === 'string' ? code : String(error);
}
