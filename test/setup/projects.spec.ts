import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SERVICES = ['chromium', 'mariadb', 'nginx', 'prometheus', 'redis'].map(
  (name) => `scripts/setup/${name}.mjs`,
);

// Those of this folder test the set-up itself, and start nothing.
const specs = readdirSync(join(root, 'test'), { recursive: true })
  .map((path) => `test/${String(path)}`)
  .filter((path) => /^(?!test\/setup\/).*spec\.ts$/.test(path));

const imports = new Map<string, readonly string[]>();

function importsOf(file: string): readonly string[] {
  const known = imports.get(file);
  if (known) return known;
  const found = ts
    .preProcessFile(readFileSync(file, 'utf8'))
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => join(dirname(file), fileName))
    .map((path) => [path, path.replace(/\.js$/, '.ts')].find(existsSync))
    .filter((path) => path !== undefined && /\.m?[jt]s$/.test(path));
  imports.set(file, found as string[]);
  return found as string[];
}

/** Files of this repository that a file needs, however far away. */
function neededBy(entry: string): ReadonlySet<string> {
  const files = new Set([join(root, entry)]);
  for (const file of files) importsOf(file).forEach((one) => files.add(one));
  return new Set([...files].map((file) => relative(root, file)));
}

describe('what npm test runs', () => {
  it('starts no service but etcd: specs that do are named *.services-spec.ts', () => {
    const starting = specs.filter((spec) =>
      SERVICES.some((service) => neededBy(spec).has(service)),
    );
    expect(starting).toEqual(
      specs.filter((spec) => spec.endsWith('.services-spec.ts')),
    );
    expect(starting.length).toBeGreaterThan(0);
  });
});
