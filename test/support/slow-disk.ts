import { spawn } from 'node:child_process';
import { ended, own } from './owned-process.js';
import { within } from './wait-until.js';

/**
 * Has whatever a process flushes to the disk take so much longer from now on. Resolves, once it is
 * so, with what ends it. While it lasts, the process is traced.
 */
export async function slowDisk(
  pid: number,
  ms: number,
): Promise<() => Promise<void>> {
  const calls = 'fsync,fdatasync';
  const tracer = spawn(
    'strace',
    [
      ...['--follow-forks', `--attach=${pid}`, '--output=/dev/null'],
      `--trace=${calls}`,
      `--inject=${calls}:delay_enter=${ms}ms`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  own(tracer);
  let said = '';
  await within(
    new Promise<void>((resolve, reject) => {
      tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/attached/.test(said)) resolve();
      });
      tracer.once('exit', () => reject(new Error(`strace ended: ${said}`)));
    }),
    'strace to attach',
  );
  return async () => {
    const end = ended(tracer);
    tracer.kill('SIGINT');
    await within(end, 'strace to let go');
  };
}
