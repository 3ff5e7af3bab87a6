import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  onTestFinished,
} from 'vitest';
import { LockClient, type LockState } from 'nestjs-etcd-lock';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { etcdctlBinary, etcdEnvironment } from '../support/etcd-binary.js';
import { waitUntil } from '../support/wait-until.js';
import { codeBlocks } from './support/code-blocks.js';
import { page } from './support/pages.js';

const blocks = codeBlocks(page('docs/operating.md'))
  .map(({ text }) => text)
  .filter((text) => /^etcdctl (role|user|auth) /m.test(text));

let etcd: Etcd;
let bin: string;

beforeAll(async () => {
  etcd = await startEtcd();
  bin = mkdtempSync(join(tmpdir(), 'nestjs-etcd-lock-'));
  symlinkSync(etcdctlBinary(), join(bin, 'etcdctl'));
  for (const block of blocks) {
    await promisify(execFile)('sh', ['-eu', '-c', block], {
      env: {
        ...etcdEnvironment({ ETCDCTL_API: '3' }),
        PATH: `${bin}:${process.env['PATH']}`,
        ETCDCTL_ENDPOINTS: etcd.endpoints.join(','),
      },
    });
  }
});
afterAll(async () => {
  await etcd?.stop();
  if (bin) rmSync(bin, { recursive: true });
});

function clientOf(username: string, namespace = 'locks/'): LockClient {
  const store = new EtcdStore({
    hosts: etcd.endpoints,
    auth: { username, password: 'its-password' },
  });
  const client = new LockClient({ store, namespace, waitTimeout: '20s' });
  onTestFinished(async () => {
    await client.close();
    await store.close();
  });
  return client;
}

const denied = /permission denied/;

describe('the roles of docs/operating.md', () => {
  it('are made by three blocks', () => {
    expect(blocks).toHaveLength(3);
  });

  it('let an application take, wait, look, follow and release', async () => {
    const [one, two] = [clientOf('shop'), clientOf('shop')];
    const seen: LockState[] = [];
    two.follow({
      snapshot: (states) => void seen.push(...states),
      changed: (states) => void seen.push(...states),
      interrupted() {},
    });

    const lock = await one.acquire('order:1');
    const waiting = two.acquire('order:1');
    await waitUntil(async () => {
      const { waiters } = await one.inspect('order:1');
      return waiters.length === 1;
    });
    expect(await two.list()).toHaveLength(1);
    await lock.release();
    const next = await waiting;
    expect(next.fencingToken).toBeGreaterThan(lock.fencingToken);
    expect(await one.forceRelease('order:1')).toBe(1);
    await waitUntil(() => next.signal.aborted);
    await waitUntil(() => seen.some(({ waiters }) => waiters.length === 1));

    for (const how of [
      { mode: 'shared' },
      { permits: 2 },
      { dedicatedLease: true },
    ] as const) {
      await one.withLock('order:2', how, () => {});
    }
    await one.withLock(['a', 'b'], (both) => both.assertHeld());
    await one.ping();
  });

  it('let an application do nothing in another namespace', async () => {
    const elsewhere = clientOf('shop', 'other/');

    await expect(elsewhere.tryAcquire('order:1')).rejects.toThrow(denied);
    await expect(elsewhere.list()).rejects.toThrow(denied);
  });

  it('let a viewer look and do nothing else', async () => {
    const [shop, viewer] = [clientOf('shop'), clientOf('viewer')];
    await shop.withLock('order:3', async (lock) => {
      const [holder] = (await viewer.inspect('order:3')).holders;
      expect(await viewer.list()).toHaveLength(1);
      expect(await viewer.timeLeft(holder!.lease)).toBeGreaterThan(0);
      await viewer.ping();

      await expect(viewer.forceRelease('order:3')).rejects.toThrow(denied);
      await expect(viewer.tryAcquire('order:4')).rejects.toThrow(denied);
      lock.assertHeld();
    });
  });
});
