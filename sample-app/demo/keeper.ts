import { rmSync } from 'node:fs';

/** What the demo tells its keeper. */
export type KeeperMessage =
  | { readonly started: number }
  | { readonly ended: number }
  | { readonly directory: string };

// A process of its own that outlives the demo by a moment. However the demo ends, also by SIGKILL,
// the channel to it closes; what the demo has not tidied up by then, this does.
const pids = new Set<number>();
const directories = new Set<string>();

process.on('message', (message: KeeperMessage) => {
  if ('started' in message) pids.add(message.started);
  else if ('ended' in message) pids.delete(message.ended);
  else directories.add(message.directory);
});

process.once('disconnect', () => {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
  for (const directory of directories) {
    rmSync(directory, {
      recursive: true,
      force: true,
      maxRetries: 20,
      retryDelay: 50,
    });
  }
});

// Messages that arrive before this line may be lost.
process.send?.('ready');
