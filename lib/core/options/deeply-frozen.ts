/**
 * Freezes a value as `JSON.parse` makes it, with all that is in it, so that it can be shown to
 * several without one rewriting what the others see. Not by recursion: it may be nested deeper than
 * the stack.
 */
export function deeplyFrozen<T>(value: T): T {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    Object.freeze(next);
    for (const inner of Object.values(next)) open.push(inner);
  }
  return value;
}
