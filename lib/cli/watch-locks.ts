import type { CommandContext } from './command-context.js';
import { changeLines, jsonLines } from './change-lines.js';
import { LiveTable } from './live-table.js';
import type { WatchView } from './watch-view.js';

/**
 * `watch [KEY]`: shows the locks as they change, until the user has had enough. Fails if etcd
 * refuses or cannot be reached at the start; later interruptions are shown and outlasted.
 */
export async function watchLocks(
  context: CommandContext,
  key: string | undefined,
): Promise<void> {
  const { locks, terminal } = context;
  const view = viewOf(context);
  let started = false;
  let stop = () => {};
  // Also keeps the process alive while there is no connection.
  const clock = setInterval(() => view.tick?.(), 1000);
  try {
    await new Promise<void>((resolve, reject) => {
      void terminal.interrupted().then(resolve);
      // Whoever calls a watcher takes what it throws for its own affair.
      const attempt = (show: () => void) => {
        try {
          show();
        } catch (error) {
          reject(error);
        }
      };
      stop = locks.follow(
        {
          snapshot(states, revision) {
            started = true;
            attempt(() => view.snapshot(states, revision));
          },
          changed: (states, revision) =>
            attempt(() => view.changed(states, revision)),
          interrupted(error) {
            if (started) attempt(() => view.interrupted(error));
            else reject(error);
          },
        },
        key === undefined ? {} : { key },
      );
    });
  } finally {
    clearInterval(clock);
    stop();
    view.end?.();
  }
}

function viewOf({ terminal, json }: CommandContext): WatchView {
  const { stdout } = terminal;
  if (json) return jsonLines(stdout);
  return stdout.isTTY ? new LiveTable(stdout) : changeLines(stdout);
}
