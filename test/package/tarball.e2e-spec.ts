import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runOrThrow } from '../../scripts/child.mjs';
import { root } from '../../scripts/repository.mjs';
import { namedBy } from '../../scripts/setup/declarations.mjs';
import { pack, type Tarball } from './support/tarball.js';

let tarball: Tarball;
beforeAll(async () => {
  tarball = await pack();
}, 60_000);

const tool = (name: string, ...args: string[]) =>
  runOrThrow(process.execPath, [join(root, 'node_modules', name), ...args]);

/** Pages that nobody reads who only uses the library. */
const FOR_WHO_CHANGES_IT = /^docs\/(decisions\/|architecture\.md|evidence\.md)/;

describe('the packed package', () => {
  it('holds both builds, and what a reader needs', async () => {
    const programs = [
      ...(await programsOf('import', 'require')),
      // The command runs as a module.
      join(root, 'dist/esm/cli/main.js'),
    ].map((file) => relative(root, file));
    const built = ['dist/esm', 'dist/cjs'].map(
      (folder) => `${folder}/package.json`,
    );
    const types = await namedBy(
      (await programsOf('import', 'require')).map(typesBeside),
    );
    const docs = await readdir(join(root, 'docs'), {
      recursive: true,
      withFileTypes: true,
    });
    const pages = docs
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.png'))
      .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
      .filter((page) => !FOR_WHO_CHANGES_IT.test(page));

    const shared = /^dist\/(esm|cjs)\/shared\/[a-z-]+\.js$/;
    const files = tarball.files.filter((file) => !shared.test(file));
    expect(files.sort()).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'package.json',
        ...programs,
        ...built,
        ...[...types.files].map((file) => relative(root, file)),
        ...pages,
      ].sort(),
    );
  });

  // Node takes longer to find and link three hundred modules than to run them.
  it('is a file for each entry and a few that they share', () => {
    const programs = tarball.files.filter((file) => file.endsWith('.js'));
    expect(programs.length).toBeLessThan(60);
  });

  it('is in order for publint', async () => {
    expect(
      await tool('publint/src/cli.js', 'run', tarball.path, '--strict'),
    ).toContain('All good!');
  });

  // node10 knows no `exports`: there they come from `typesVersions`.
  it('has types that resolve for every kind of import', async () => {
    const attw = '@arethetypeswrong/cli/dist/index.js';
    const said = await tool(attw, tarball.path, '--profile', 'strict');

    expect(said).toMatch(/node16 \(from CJS\)/);
  });
});

const NEST = ['@nestjs/common', '@nestjs/core', 'node:net', 'node:tls', 'rxjs'];
/** Nothing optional, and no Nest where one can do without. */
const MAY_BE_NAMED: Record<string, readonly string[]> = {
  '.': NEST,
  './board': [...NEST, 'node:http'],
  './core': [],
  './election': [],
  './election/nest': [...NEST, 'node:timers'],
  './etcd': ['node:net', 'node:tls'],
  './fencing': [],
  './health': NEST,
  './memory': [],
  './nestjs-locks': ['node:net', 'node:tls'],
  './telemetry': [],
  './telemetry/nest': NEST,
  './testing': NEST,
};

describe.each([
  ['imported', 'import'],
  ['required', 'require'],
])('the types that are %s', (_how, condition) => {
  it.each(Object.entries(MAY_BE_NAMED))(
    'name at %s only what every application has',
    async (entry, allowed) => {
      const program = (await entries())[entry]![condition]!;
      const { packages } = await namedBy([typesBeside(join(root, program))]);

      expect(packages.filter((name) => !allowed.includes(name))).toEqual([]);
      if (entry === '.') expect(packages).toContain('@nestjs/common');
    },
  );

  it('are those of every entry', async () => {
    expect(Object.keys(await entries())).toEqual([
      ...Object.keys(MAY_BE_NAMED),
      './package.json',
    ]);
  });
});

/** What the package is entered by. */
async function programsOf(...conditions: string[]): Promise<string[]> {
  return Object.values(await entries())
    .flatMap((targets) => conditions.flatMap((name) => targets[name] ?? []))
    .map((program) => join(root, program));
}

function typesBeside(program: string): string {
  return program.replace(/\.js$/, '.d.ts');
}

async function entries(): Promise<Record<string, Record<string, string>>> {
  const manifest = await readFile(join(root, 'package.json'), 'utf8');
  return JSON.parse(manifest).exports;
}
