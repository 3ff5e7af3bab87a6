import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildWithGo, hasGo } from '../../scripts/setup/go.mjs';

describe('where Go is concerned', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'go-'));
    vi.stubEnv('PATH', `${directory}${delimiter}/bin`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });

  const goOf = (version: string) =>
    writeFileSync(join(directory, 'go'), `#!/bin/sh\necho ${version}\n`, {
      mode: 0o755,
    });

  it.each([
    ['go1.23.4', false],
    ['go1.24', true],
    ['go1.26.8', true],
  ])('%s is new enough: %s', async (version, enough) => {
    goOf(version);
    expect(await hasGo()).toBe(enough);
  });

  it('builds nothing where it is missing or too old', async () => {
    expect(await buildWithGo(directory, directory)).toBeUndefined();
    goOf('go1.20');
    expect(await buildWithGo(directory, directory)).toBeUndefined();
  });
});
