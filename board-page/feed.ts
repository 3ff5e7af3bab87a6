import type { Greeting, Update } from '../lib/board/wire.js';
import type { BoardStore } from './board-store.js';

const RETRY_MS = 5_000;

/** Reads the stream of changes, and again when it ends. */
export function openFeed(address: string, store: BoardStore): void {
  const source = new EventSource(address);
  source.addEventListener('greeting', ({ data }: MessageEvent<string>) =>
    store.greet(JSON.parse(data) as Greeting),
  );
  source.addEventListener('update', ({ data }: MessageEvent<string>) =>
    store.take(JSON.parse(data) as Update),
  );
  source.addEventListener('error', () => {
    const refused = source.readyState === EventSource.CLOSED;
    store.disconnected(
      refused
        ? 'The application refuses to show its locks. You may have to log in again.'
        : 'The application cannot be reached.',
    );
    // A browser retries what broke, but not what was refused.
    if (refused) setTimeout(() => openFeed(address, store), RETRY_MS);
  });
}
