import { PassThrough, Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { listLocks } from '../../lib/cli/list-locks.js';
import { lockPages } from '../../lib/cli/lock-pages.js';
import type { LockClient, LockState, LockStore } from '../../lib/core/index.js';
import { MemoryStore } from '../../lib/memory/index.js';
import { waitUntil } from '../support/wait-until.js';

let store: MemoryStore;
let lines: string;
beforeEach(() => {
  store = new MemoryStore();
  lines = '';
});

async function putTickets(names: readonly string[]): Promise<void> {
  for (let start = 0; start < names.length; start += 100) {
    const success = names
      .slice(start, start + 100)
      .map((name) => ({ kind: 'put', key: name, value: '' }) as const);
    await store.transact({ compare: [], success, failure: [] });
  }
}

const pages = () => lockPages(store, 'locks/', 5_000);

/** A store with so many locks, which takes no time to be filled. */
function filled(count: number): MemoryStore & { reads: number } {
  const names = Array.from(
    { length: count },
    (_, index) => `locks/k${String(index).padStart(6, '0')}/1`,
  );
  const read: LockStore['read'] = async ({ range, limit }) => {
    full.reads += 1;
    const digits = /^locks\/k(\d+)/.exec(range.key)?.[1];
    const from = digits === undefined ? 0 : Number(digits) + 1;
    const keys = names.slice(from, from + limit!).map((key) => ({
      key,
      value: '',
      lease: 0n,
      version: 1n,
      createRevision: 5n,
      modRevision: 5n,
    }));
    return { kind: 'range', keys, count: count - from, revision: 9n };
  };
  const full = Object.assign(new MemoryStore(), { reads: 0, read });
  return full;
}

function list(stdout: Writable, json: boolean): Promise<void> {
  const terminal = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    interrupted: () => new Promise<void>(() => {}),
  };
  // It is not asked for anything.
  const locks = undefined as unknown as LockClient;
  return listLocks({ locks, pages, terminal, json });
}

describe('the locks of a namespace', () => {
  it('come in pieces, each once, with queues that stand across two of them', async () => {
    const others = Array.from(
      { length: 1_999 },
      (_, index) => `locks/a${String(index).padStart(4, '0')}/1`,
    );
    const queue = ['1', '2', '3'].map((ticket) => `locks/b/${ticket}`);
    await putTickets([...others, ...queue, 'locks/@book/1', 'locks/c/1']);

    const pieces: LockState[][] = [];
    for await (const locks of pages()) pieces.push([...locks]);

    expect(pieces.length).toBeGreaterThan(1);
    const all = pieces.flat();
    expect(all).toHaveLength(2_001);
    expect(all.at(-2)).toMatchObject({
      key: 'b',
      holders: [{ ticket: 'locks/b/1' }],
      waiters: [{ ticket: 'locks/b/2' }, { ticket: 'locks/b/3' }],
    });
    expect(all.at(-1)!.key).toBe('c');
  });
});

describe('ls', () => {
  const reader = () =>
    new PassThrough({ encoding: 'utf8' }).on(
      'data',
      (text: string) => (lines += text),
    );

  it('lists more than 100,000 locks', async () => {
    store = filled(100_500);
    await list(reader(), false);

    expect(lines.trimEnd().split('\n')).toHaveLength(100_501);
  }, 30_000);

  it('puts the last lock, and a single one, into the columns of the head', async () => {
    await putTickets(['locks/one-long-key/1']);
    await list(reader(), false);

    const [head, row] = lines.split('\n');
    expect(row!.indexOf('another client')).toBe(head!.indexOf('HELD BY'));
    expect(row!.indexOf('exclusive')).toBe(head!.indexOf('MODE'));
  });

  it('writes one value of JSON, whatever it is read in', async () => {
    await list(reader(), true);
    expect(lines).toBe('{"locks":[]}\n');

    lines = '';
    await putTickets(['locks/a/1', 'locks/b/1']);
    await list(reader(), true);
    expect(JSON.parse(lines)).toMatchObject({
      locks: [{ key: 'a' }, { key: 'b' }],
    });
  });

  it('reads on only when what it wrote is read', async () => {
    const full = filled(20_000);
    store = full;
    const held: (() => void)[] = [];
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => void held.push(done),
    });
    const listing = list(stdout, false);
    await waitUntil(() => held.length > 0);
    expect(full.reads).toBe(1);

    let over = false;
    void listing.then(() => (over = true));
    await waitUntil(() => {
      held.shift()?.();
      return over;
    });
    expect(full.reads).toBe(10);
  });
});
