import { setTimeout as pause } from 'node:timers/promises';
import type { Lock, LockLostError } from '../../../lib/core/index.js';
import { type HistoryFile, now } from '../history/history-file.js';
import type { RegisterLink } from './register-link.js';
import { hasRegister, type Wish } from './wish.js';

const LOOK_EVERY_MS = 20;

export interface HoldTerms {
  readonly id: number;
  readonly lock: Lock;
  readonly wish: Wish;
  readonly history: HistoryFile;
  readonly registers: RegisterLink;
  /** Aborts when everybody is to come to an end. */
  readonly hurry: AbortSignal;
}

/** Holds a lock, looks at it all the time, and writes down what it sees. */
export async function holdOn(terms: HoldTerms): Promise<void> {
  const { id, lock, history, wish } = terms;
  const token = String(lock.fencingToken);
  // The clocks come first: what the lock says afterwards held then as well.
  const at = now();
  const put = String(lock.guard()[0]!.to);
  history.add({ kind: 'ok', id, token, put, left: lock.remaining() }, at);
  let lost = false;
  const onLost = () => {
    lost = true;
    const { reason, message: why } = lock.signal.reason as LockLostError;
    history.add({ kind: 'lost', id, reason, why });
  };
  if (lock.signal.aborted) onLost();
  else lock.signal.addEventListener('abort', onLost, { once: true });
  const looking = setInterval(() => {
    const at = now();
    if (!lost) history.add({ kind: 'look', id, left: lock.remaining() }, at);
  }, LOOK_EVERY_MS);
  try {
    await Promise.all([
      patience(wish.holdMs, [terms.hurry, lock.signal]),
      ...wish.keys
        .filter(() => wish.mode === 'exclusive')
        .filter(hasRegister)
        .map((key) => update(key, terms)),
    ]);
  } finally {
    clearInterval(looking);
    const at = now();
    if (!lost) {
      history.add({ kind: 'releasing', id, left: lock.remaining() }, at);
    }
  }
}

async function patience(ms: number, signals: AbortSignal[]): Promise<void> {
  await pause(ms, undefined, { signal: AbortSignal.any(signals) }).catch(
    () => {},
  );
}

/** Takes no notice of the lock while it works: that is what fences are for. */
async function update(key: string, terms: HoldTerms): Promise<void> {
  const { id, lock, history, registers, wish } = terms;
  const value = `${history.who}/${id}`;
  const token = lock.fencingToken;
  const claimed = await registers.call(key, { kind: 'claim', token });
  const fenced = await registers.call(key, { kind: 'read', fenced: true });
  const plain = await registers.call(key, { kind: 'read', fenced: false });
  await patience(wish.holdMs / 2, [terms.hurry]);
  const write = { kind: 'write', value } as const;
  if (claimed.accepted) {
    await registers.call(key, { ...write, token, base: fenced.value });
  }
  await registers.call(key, { ...write, base: plain.value });
}
