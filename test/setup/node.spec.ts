import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureNode } from '../../scripts/setup/node.mjs';

// Nobody runs these tests with it.
const MAJOR = 99;

describe('ensureNode', () => {
  let directory: string;
  let cache: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ensure-node-'));
    cache = join(directory, 'cache');
    vi.spyOn(console, 'log').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });

  function node(folder: string, version: string) {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'node');
    writeFileSync(path, `#!/bin/sh\necho v${version}\n`, { mode: 0o755 });
    return path;
  }
  const brings = (version: string) =>
    vi.fn((_name: string, into: string) => {
      node(join(into, 'bin'), version);
      return Promise.resolve();
    });
  const find = (env: NodeJS.ProcessEnv, install = brings('99.1.0')) =>
    ensureNode(MAJOR, { env, cache, install });

  it('takes the one that runs this where it is of that version', async () => {
    const own = Number(process.versions.node.split('.')[0]);
    expect(await ensureNode(own, { cache, install: brings('0.0.0') })).toBe(
      process.execPath,
    );
  });

  it('takes the one on the PATH where it is of that version', async () => {
    const folder = join(directory, 'path');
    const path = node(folder, '99.0.3');
    expect(await find({ PATH: folder })).toBe(path);
  });

  it('passes over another on the PATH, brings one, and finds it the next time', async () => {
    const folder = join(directory, 'path');
    node(folder, '98.0.0');
    const install = brings('99.1.0');
    const path = await find({ PATH: folder }, install);
    expect(path.startsWith(cache)).toBe(true);
    expect(await find({ PATH: folder }, install)).toBe(path);
    expect(install).toHaveBeenCalledOnce();
    expect(install.mock.calls[0]![0]).toMatch(/^node-.*@99$/);
  });

  it('fails with the reason, and keeps nothing, when it cannot be had', async () => {
    const install = vi.fn(() => Promise.reject(new Error('no network')));
    await expect(find({}, install)).rejects.toThrow(
      /No Node 99 was found[^]*no network/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });
});
