import { AsyncLocalStorage } from 'node:async_hooks';
import { conflictBetween } from '../queue/admission.js';
import { LockConflictError } from '../api/errors.js';
import type { AcquireRequest } from '../options/acquire-request.js';
import { LockHandle } from './lock-handle.js';

interface Frame {
  readonly handle: LockHandle;
  /** Whose locks these are: two clients may use equal keys for different things. */
  readonly client: object;
  readonly outer: Frame | undefined;
}

// One storage for all copies of this library in a process.
const STORAGE = Symbol.for('nestjs-etcd-lock/context');
const shared = globalThis as {
  [STORAGE]?: AsyncLocalStorage<Frame | undefined>;
};
const storage = (shared[STORAGE] ??= new AsyncLocalStorage());

/** Runs `work` as code that holds `handle`; everything it calls or awaits is included. */
export function runHolding<T>(
  client: object,
  handle: LockHandle,
  work: () => T,
): T {
  return storage.run({ handle, client, outer: storage.getStore() }, work);
}

/** The innermost lock the running code holds, if it is still held. */
export function currentLock(): LockHandle | undefined {
  for (const { handle } of frames()) if (handle.held) return handle;
  return undefined;
}

/** The innermost lock on `key` that the running code was given, held or not. */
export function lockInContext(key: string): LockHandle | undefined {
  for (const { handle } of frames())
    if (handle.keys.includes(key)) return handle;
  return undefined;
}

/**
 * A further handle on what the running code holds already, or undefined when the request has
 * nothing to do with that.
 *
 * @throws {LockConflictError} when the request could only wait for the running code itself
 */
export function reenter(
  client: object,
  request: AcquireRequest,
): LockHandle | undefined {
  for (const frame of frames()) {
    if (frame.client !== client || !frame.handle.held) continue;
    const { hold } = frame.handle;
    const common = request.keys.filter((key) => hold.terms.keys.includes(key));
    if (common.length === 0) continue;
    if (common.length < request.keys.length) {
      throw new LockConflictError(
        request.key,
        `"${common.join(', ')}" is held by the code that asks for it together with others`,
      );
    }
    const held = hold.terms.lockMode;
    const conflict = conflictBetween(request.lockMode, held);
    if (conflict !== undefined)
      throw new LockConflictError(request.key, conflict);
    if (held.mode !== 'exclusive' && held.mode !== request.lockMode.mode) {
      throw new LockConflictError(
        request.key,
        `the code that asks for it as "${request.lockMode.mode}" holds it as "${held.mode}" and would wait for itself`,
      );
    }
    return new LockHandle(hold);
  }
  return undefined;
}

function* frames(): Generator<Frame> {
  for (let frame = storage.getStore(); frame; frame = frame.outer) yield frame;
}
