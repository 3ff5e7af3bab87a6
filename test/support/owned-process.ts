import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';

const children = new Set<ChildProcess>();
const directories = new Set<string>();

/** Has `child` killed when this process ends first, however it ends short of SIGKILL. */
export function own(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** Has the directory removed when this process ends. */
export function ownDirectory(path: string): void {
  directories.add(path);
}

export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  directories.delete(path);
}

export function isRunning(child: ChildProcess): boolean {
  return (
    child.pid !== undefined &&
    child.exitCode === null &&
    child.signalCode === null
  );
}

/** Resolves once `child` has ended; at once when it already has. */
export function ended(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** SIGKILL also ends a process that SIGSTOP has paused. */
export async function killAndWait(child: ChildProcess): Promise<void> {
  const end = ended(child);
  child.kill('SIGKILL');
  await end;
}

function cleanUp(): void {
  for (const child of children) child.kill('SIGKILL');
  for (const path of directories) removeDirectory(path);
}

process.once('exit', cleanUp);
// The test runner that started this process is gone.
process.once('disconnect', cleanUp);
// A signal ends a process without its exit handlers.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cleanUp();
    process.kill(process.pid, signal);
  });
}

/** SIGSTOP. When it returns, no thread of the process runs any more (known on Linux only). */
export function stop(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  if (process.platform !== 'linux') return;
  const tasks = `/proc/${pid}/task`;
  // The state follows the name, which ends with the last parenthesis.
  const stopped = (task: string) =>
    /^[TtZX]/.test(
      readFileSync(`${tasks}/${task}/stat`, 'utf8').split(') ').at(-1)!,
    );
  while (!readdirSync(tasks).every(stopped));
}
