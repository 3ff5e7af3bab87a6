import type { Hold } from './hold.js';
import type { LockHandle } from './lock-handle.js';

/** What is kept of a handle. Nothing of it may lead back to the handle, or it is kept too. */
interface Custody {
  readonly hold: Hold;
  readonly tell: (hold: Hold) => void;
}

const told = new WeakSet<Hold>();

const registry = new FinalizationRegistry<Custody>(({ hold, tell }) => {
  if (!hold.active || told.has(hold)) return;
  told.add(hold);
  tell(hold);
});

/** Calls `tell`, once for a hold, if the handle is collected although nobody released it. */
export function watchHandle(
  handle: LockHandle,
  tell: (hold: Hold) => void,
): void {
  const { hold } = handle;
  registry.register(handle, { hold, tell }, handle);
  handle.onGivenBack = unregister;
}

function unregister(handle: LockHandle): void {
  registry.unregister(handle);
}
