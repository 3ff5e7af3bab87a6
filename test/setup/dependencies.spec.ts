import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { staleness } from '../../scripts/setup/dependencies.mjs';

interface Package {
  version: string;
  integrity?: string;
  optional?: boolean;
  os?: string[];
}

describe('staleness', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dependencies-'));
    mkdirSync(join(root, 'node_modules'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const lock = (packages: Record<string, Package>) =>
    writeFileSync(
      join(root, 'package-lock.json'),
      JSON.stringify({ packages: { '': {}, ...packages } }),
    );
  const install = (packages: Record<string, Package>) =>
    writeFileSync(
      join(root, 'node_modules', '.package-lock.json'),
      JSON.stringify({ packages }),
    );

  const ms = { version: '2.1.3', integrity: 'sha512-a' };

  it('finds nothing stale when everything is as locked', async () => {
    lock({ 'node_modules/ms': ms });
    install({ 'node_modules/ms': ms });
    expect(await staleness(root)).toBeUndefined();
  });

  it('counts an installation that did not finish as none', async () => {
    lock({ 'node_modules/ms': ms });
    mkdirSync(join(root, 'node_modules', 'ms'));
    expect(await staleness(root)).toMatch(/none are installed/);
  });

  it('names a package that is missing', async () => {
    lock({ 'node_modules/ms': ms, 'node_modules/rxjs': { version: '7.8.2' } });
    install({ 'node_modules/ms': ms });
    expect(await staleness(root)).toMatch(/rxjs is missing/);
  });

  it.each([
    { ...ms, version: '2.1.2' },
    { ...ms, integrity: 'sha512-b' },
  ])('names a package that is another one: %o', async (other) => {
    lock({ 'node_modules/ms': ms });
    install({ 'node_modules/ms': other });
    expect(await staleness(root)).toMatch(/ms is not version 2\.1\.3/);
  });

  it('names a package that is there too much', async () => {
    lock({});
    install({ 'node_modules/ms': ms });
    expect(await staleness(root)).toMatch(/ms is not in package-lock/);
  });

  it('does not miss an optional package for another machine', async () => {
    const elsewhere = { version: '1.0.0', optional: true, os: ['nowhere'] };
    lock({ 'node_modules/elsewhere': elsewhere });
    install({});
    expect(await staleness(root)).toBeUndefined();
    install({ 'node_modules/elsewhere': elsewhere });
    expect(await staleness(root)).toMatch(/another kind of machine/);
  });
});
