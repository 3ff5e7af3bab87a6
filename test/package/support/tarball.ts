import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOrThrow } from '../../../scripts/child.mjs';
import { root } from '../../../scripts/repository.mjs';
import { ownDirectory } from '../../support/owned-process.js';

export interface Tarball {
  readonly path: string;
  /** Paths inside the package. */
  readonly files: readonly string[];
}

/** The package as it would be published, out of the build that is there. */
export async function pack(): Promise<Tarball> {
  const directory = temporaryDirectory('package');
  const said = await runOrThrow(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', directory],
    { cwd: root },
  );
  // Warnings of npm come first.
  const [packed] = JSON.parse(said.slice(said.search(/^\[/m))) as [
    { filename: string; files: { path: string }[] },
  ];
  return {
    path: join(directory, packed.filename),
    files: packed.files.map(({ path }) => path),
  };
}

export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  ownDirectory(directory);
  return directory;
}
