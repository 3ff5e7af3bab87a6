import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Resolves when there is room for more: whoever writes much keeps no more than a piece of it. */
export async function written(out: Writable, text: string): Promise<void> {
  if (!out.write(text)) await once(out, 'drain');
}
