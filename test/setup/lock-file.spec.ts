import { readFileSync } from 'node:fs';
import { satisfies } from 'semver';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

interface LockedPackage {
  readonly resolved?: string;
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as { packages: Record<string, LockedPackage> };

/** Looks where Node would: beside the package, then in every folder above it. */
function isLocked(name: string, from: string): boolean {
  for (let folder = from; ;) {
    const path = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    if (path in packages) return true;
    if (folder === '') return false;
    folder = folder.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '');
  }
}

describe('package-lock.json', () => {
  // What npm leaves out when its registry lacks the program of a package for one kind of machine.
  // node_modules works all the same; `npm ci` refuses, so a fresh clone would not even start.
  it('names every package, also those for other machines', () => {
    const missing = Object.entries(packages).flatMap(([path, found]) =>
      Object.keys({ ...found.dependencies, ...found.optionalDependencies })
        .filter((name) => !isLocked(name, path))
        .map((name) => `${name} of ${path || 'the root'}`),
    );
    expect(missing).toEqual([]);
  });

  // What npm warns of is the first thing that a newcomer reads.
  it.each(['20.19.0', '22.23.0', '24.18.0'])(
    'names nothing that warns on Node %s',
    (node) => {
      const warning = Object.entries(packages).flatMap(([path, { engines }]) =>
        engines?.node === undefined || satisfies(node, engines.node)
          ? []
          : `${path} wants ${engines.node}`,
      );
      expect(warning).toEqual([]);
    },
  );

  it('decides for every package with a script whether npm may run it', () => {
    const scripted = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/.*node_modules\//, ''));
    const undecided = scripted.filter(
      (name) => !(name in manifest.allowScripts),
    );
    expect(undecided).toEqual([]);
  });

  it('names no registry', () => {
    const naming = Object.entries(packages).filter(
      ([, { resolved }]) => resolved,
    );
    expect(naming).toEqual([]);
  });
});
