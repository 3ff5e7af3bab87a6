import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { releaseLock } from '../../lib/cli/release-lock.js';
import { LockClient } from '../../lib/core/index.js';
import { MemoryCluster, MemoryStore } from '../../lib/memory/index.js';
import { FaultyStore } from '../../lib/testing/index.js';

let cluster: MemoryCluster;
let faults: FaultyStore;
let locks: LockClient;
let others: LockClient;
let written: string;

beforeEach(() => {
  cluster = new MemoryCluster();
  faults = new FaultyStore(new MemoryStore({ cluster }));
  locks = new LockClient({ store: faults });
  others = new LockClient({
    store: new MemoryStore({ cluster }),
    label: 'api',
  });
  written = '';
});
afterEach(async () => {
  await locks.close();
  await others.close();
});

function release(key: string, json = false) {
  const stdout = new PassThrough({ encoding: 'utf8' });
  stdout.on('data', (text: string) => (written += text));
  const terminal = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    interrupted: () => new Promise<void>(() => {}),
  };
  const pages = () => {
    throw new Error('not asked for');
  };
  return releaseLock({ locks, pages, terminal, json }, key, { yes: true });
}

describe('release', () => {
  it('says whose tickets it deleted', async () => {
    const lock = await others.acquire('k');

    expect(await release('k')).toBe('released');
    expect(written).toMatch(/^Released "k": deleted 1 ticket of .*\(api\)\.\n/);
    expect((await others.inspect('k')).holders).toEqual([]);
    expect(lock.key).toBe('k');
  });

  it('says that nobody holds it, and how etcd calls what it looked for', async () => {
    expect(await release('a b')).toBe('nothing');
    expect(written).toBe(
      'Nobody holds "a b": nothing to release. In etcd it would be locks/a%20b/.\n',
    );
  });

  it('says that a holder it named had let go, and spares who came after', async () => {
    const lock = await others.acquire('k');
    const inspect = locks.inspect.bind(locks);
    locks.inspect = async (key) => {
      const state = await inspect(key);
      await lock.release();
      await others.acquire('k');
      return state;
    };

    expect(await release('k')).toBe('nothing');
    expect(written).toMatch(
      /^Nothing was released: .*\(api\) had let go of it meanwhile\.\n$/,
    );
    expect((await inspect('k')).holders).toHaveLength(1);
  });

  it('says what it had done when etcd fails on the way', async () => {
    for (let reader = 0; reader < 3; reader += 1) {
      await others.acquire('k', { mode: 'shared' });
    }
    const forceRelease = locks.forceRelease.bind(locks);
    let calls = 0;
    locks.forceRelease = (...args) => {
      calls += 1;
      if (calls === 2) faults.refuse({ on: 'transact', times: Infinity });
      return forceRelease(...args);
    };

    await expect(release('k')).rejects.toMatchObject({ code: 'LOCK_STORE' });
    expect(written).toMatch(/^Released "k": deleted 1 ticket of /);
    expect((await others.inspect('k')).holders).toHaveLength(2);
  });

  it('says the same in JSON', async () => {
    await others.acquire('k');
    await release('k', true);
    await release('k', true);

    const [first, second] = written
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({
      key: 'k',
      released: [{ label: 'api' }],
      gone: [],
    });
    expect(second).toEqual({ key: 'k', released: [], gone: [] });
  });
});
