import { setTimeout as pause } from 'node:timers/promises';

export interface WaitOptions {
  /** Named in the error when the time is up. */
  readonly what?: string;
  /** @default 20_000 */
  readonly timeoutMs?: number;
  /** @default 10 */
  readonly everyMs?: number;
}

/**
 * Resolves with the first value of `condition` that is not `undefined`, `null` or `false`.
 * A condition that throws counts as not met yet; its last error is the cause of the time-out.
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const { what = 'condition', timeoutMs = 20_000, everyMs = 10 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<T, undefined | null | false>;
      }
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}.`, {
        cause,
      });
    }
    await pause(everyMs);
  }
}

/** Rejects, naming `what`, when `promise` has not settled within `timeoutMs`. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  timeoutMs = 20_000,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Waited ${timeoutMs} ms in vain for: ${what}.`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
