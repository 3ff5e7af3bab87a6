import type { WorkerMessage } from './worker.js';

/** The worker's side of `worker.ts`. */
export interface WorkerPort {
  send(message: WorkerMessage & Record<string, unknown>): void;
  /** The oldest message of this type that `next` has not handed out yet. */
  next<T extends object = object>(type: string): Promise<WorkerMessage & T>;
}

/** Connects a process started by `spawnWorker`. It ends when the test that started it is gone. */
export function connectWorker(): WorkerPort {
  if (!process.send) throw new Error('Only spawnWorker() can run this file.');
  process.once('disconnect', () => process.exit(1));
  const unread: WorkerMessage[] = [];
  const waiting: {
    type: string;
    resolve: (message: WorkerMessage) => void;
  }[] = [];
  process.on('message', (message: WorkerMessage) => {
    const index = waiting.findIndex(({ type }) => type === message.type);
    if (index < 0) unread.push(message);
    else waiting.splice(index, 1)[0]!.resolve(message);
  });
  return {
    send: (message) => void process.send!(message),
    next: (type) =>
      new Promise((resolve) => {
        const index = unread.findIndex((message) => message.type === type);
        const give = resolve as (message: WorkerMessage) => void;
        if (index >= 0) give(unread.splice(index, 1)[0]!);
        else waiting.push({ type, resolve: give });
      }),
  };
}
