import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listLocks } from '../../lib/cli/list-locks.js';
import { lockPages } from '../../lib/cli/lock-pages.js';
import { showLock } from '../../lib/cli/show-lock.js';
import type { Terminal } from '../../lib/cli/terminal.js';
import { watchLocks } from '../../lib/cli/watch-locks.js';
import { LockClient } from '../../lib/core/index.js';
import { MemoryStore } from '../../lib/memory/index.js';
import { waitUntil } from '../support/wait-until.js';

const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
const FOREIGN = {
  deep: `{"mode":"exclusive","host":"web","pid":7,"metadata":{"a":${nested}}}`,
  wide: `{"mode":"exclusive","host":"${'x'.repeat(1_000_000)}"}`,
  prose: 'mine!',
};

let store: MemoryStore;
let locks: LockClient;
let written: string;
let terminal: Terminal;
let interrupt: () => void;

beforeEach(async () => {
  store = new MemoryStore();
  locks = new LockClient({ store });
  for (const [key, value] of Object.entries(FOREIGN)) {
    const put = { kind: 'put', key: `locks/${key}/1`, value } as const;
    await store.transact({ compare: [], success: [put], failure: [] });
  }
  await locks.acquire('good');
  written = '';
  const stdout = new PassThrough({ encoding: 'utf8' });
  stdout.on('data', (text: string) => (written += text));
  const gone = new Promise<void>((resolve) => (interrupt = resolve));
  terminal = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    interrupted: () => gone,
  };
});
afterEach(() => locks.close());

const context = (json: boolean) => ({
  locks,
  pages: () => lockPages(store, 'locks/', 5_000),
  terminal,
  json,
});

describe('tickets that other programs wrote', () => {
  it('are listed as unreadable, beside the others', async () => {
    await listLocks(context(false));

    expect(written).toMatch(/^deep +web pid 7, unreadable +exclusive/m);
    expect(written).toMatch(/^wide +another client, unreadable +exclusive/m);
    expect(written).toMatch(/^prose +another client, unreadable +exclusive/m);
    expect(written).toMatch(/^good +\S+ pid \d+ +exclusive/m);
  });

  it.each(Object.keys(FOREIGN))('can be shown: %s', async (key) => {
    await showLock(context(false), key);
    expect(written).toMatch(/unreadable +holds +exclusive/);

    written = '';
    await showLock(context(true), key);
    const { holders } = JSON.parse(written);
    expect(holders).toMatchObject([{ unreadable: true }]);
    expect(holders[0]).not.toHaveProperty('metadata');
  });

  it('do not end JSON, neither listed nor watched', async () => {
    await listLocks(context(true));
    expect(JSON.parse(written).locks).toHaveLength(4);

    written = '';
    const watching = watchLocks(context(true), undefined);
    await waitUntil(() => written.includes('\n'));
    interrupt();
    await watching;
    expect(JSON.parse(written)).toMatchObject({ event: 'snapshot' });
    expect(JSON.parse(written).locks).toHaveLength(4);
  });
});

describe('watch', () => {
  it('ends with what went wrong while it showed something', async () => {
    const { stdout } = terminal;
    stdout.write = () => {
      throw new Error('no way to write');
    };

    await expect(watchLocks(context(true), undefined)).rejects.toThrow(
      'no way to write',
    );
  });
});
