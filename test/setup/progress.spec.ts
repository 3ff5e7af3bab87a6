import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { showGrowth } from '../../scripts/progress.mjs';

describe('showGrowth', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'progress-'));
    writeFileSync(join(directory, 'was-there'), Buffer.alloc(700_000));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function terminal(isTTY: boolean) {
    const said: string[] = [];
    const write = (text: unknown) => said.push(String(text)) > 0;
    return { said, isTTY, write };
  }
  const fetches = () => {
    writeFileSync(join(directory, 'new'), Buffer.alloc(2_500_000));
    return Promise.resolve('done');
  };

  it('shows on a terminal what has come, and of how much', async () => {
    const screen = terminal(true);
    const what = { title: 'etcd', directory, bytes: 2_500_000 };
    expect(await showGrowth(what, fetches, screen)).toBe('done');
    expect(screen.said).toEqual(['\r  etcd: 2.5 of 2.5 MB ', '\n']);
  });

  it('says nothing elsewhere', async () => {
    const log = terminal(false);
    await showGrowth({ title: 'etcd', directory }, fetches, log);
    expect(log.said).toEqual([]);
  });

  it('ends its line when the work fails', async () => {
    const screen = terminal(true);
    const fails = () => Promise.reject(new Error('no network'));
    await expect(
      showGrowth({ title: 'etcd', directory }, fails, screen),
    ).rejects.toThrow('no network');
    expect(screen.said.at(-1)).toBe('\n');
  });
});
