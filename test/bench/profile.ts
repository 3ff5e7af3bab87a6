import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

/** Writes a CPU profile of `work` into the folder that `--profile` names, if it does. */
export async function profiled<T>(
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const folder = process.env['BENCH_PROFILE'];
  if (!folder) return work();
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  try {
    return await work();
  } finally {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    mkdirSync(folder, { recursive: true });
    const file = `${name.replaceAll(/[^\w.-]+/g, '-')}-${process.pid}.cpuprofile`;
    writeFileSync(join(folder, file), JSON.stringify(profile));
  }
}
