import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../scripts/failure.mjs';
import { ensureServices } from '../../scripts/setup/services.mjs';

describe('ensureServices', () => {
  let said: string[];
  beforeEach(() => {
    said = [];
    for (const method of ['log', 'error'] as const) {
      vi.spyOn(console, method).mockImplementation((text: string) => {
        said.push(text.trim());
      });
    }
  });
  afterEach(() => vi.restoreAllMocks());

  const here = {
    title: 'Here',
    size: '1 MB',
    find: () => Promise.resolve('/usr/bin/here'),
    ensure: () => Promise.reject(new Error('was asked')),
  };
  const missing = (title: string, ensure: () => Promise<string>) => ({
    title,
    size: '7 MB',
    find: () => Promise.resolve(undefined),
    ensure,
  });

  it('says what is here, and how much will be fetched, before it fetches', async () => {
    const brings = missing('Missing', () => {
      said.push('fetched');
      return Promise.resolve('/missing');
    });
    await ensureServices([brings, here]);
    expect(said).toEqual([
      'Missing: to be fetched: 7 MB, kept in .cache',
      'Here: /usr/bin/here',
      'fetched',
    ]);
  });

  it('reports what cannot be had, and brings the rest', async () => {
    const brings = vi.fn(() => Promise.resolve('/second'));
    await ensureServices([
      missing('First', () => Promise.reject(new Failure('no network'))),
      missing('Second', brings),
    ]);
    expect(said.at(-1)).toBe('no network');
    expect(brings).toHaveBeenCalledOnce();
  });
});
