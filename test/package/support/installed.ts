import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What most disks give out at a time, to a file or a folder. */
const BLOCK = 4_096;

/** The packages that `name` brings along in an application, itself included, and their size on a disk. */
export async function broughtAlong(
  name: string,
  application: string,
): Promise<{ readonly packages: readonly string[]; readonly bytes: number }> {
  const names = new Set([name]);
  let bytes = 0;
  for (const one of names) {
    const folder = join(application, 'node_modules', one);
    const manifest = await readFile(join(folder, 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(manifest) as {
      dependencies?: Record<string, string>;
    };
    for (const other of Object.keys(dependencies)) names.add(other);
    bytes += await onDisk(folder);
  }
  return { packages: [...names], bytes };
}

async function onDisk(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(
    entries.map(async (entry) => (await stat(join(folder, entry))).size),
  );
  return sizes.reduce(
    (sum, size) => sum + Math.ceil(size / BLOCK) * BLOCK,
    BLOCK,
  );
}
