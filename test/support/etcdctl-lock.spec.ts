import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { etcdctlLock } from './etcdctl-lock.js';
import { type Etcd, startEtcd } from './etcd.js';
import { waitUntil } from './wait-until.js';

describe('etcdctlLock', () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());

  const keys = async (prefix: string) =>
    (await etcd.etcdctl('get', '--prefix', '--keys-only', prefix))
      .split('\n')
      .filter(Boolean);

  it('says which key it holds, and gives it back', async () => {
    const lock = etcdctlLock(etcd.endpoints, 'door');
    const key = await lock.holds();
    expect(key).toMatch(/^door\/[0-9a-f]+$/);
    expect(await keys('door/')).toEqual([key]);
    await lock.release();
    expect(lock.held).toBe(false);
    expect(await keys('door/')).toEqual([]);
  });

  it('waits while another holds, and takes over after its release', async () => {
    const first = etcdctlLock(etcd.endpoints, 'gate');
    await first.holds();
    const second = etcdctlLock(etcd.endpoints, 'gate');
    await waitUntil(async () => (await keys('gate/')).length === 2);
    expect(second.held).toBe(false);
    await first.release();
    await second.holds();
    await second.release();
  });

  it('leaves its key behind when it is killed, until its lease ends', async () => {
    const lock = etcdctlLock(etcd.endpoints, 'hatch', { ttlSeconds: 2 });
    const key = await lock.holds();
    await lock.kill();
    expect(await keys('hatch/')).toEqual([key]);
    await waitUntil(async () => (await keys('hatch/')).length === 0);
  });

  it('rejects when etcdctl ends before it holds', async () => {
    const first = etcdctlLock(etcd.endpoints, 'lid');
    await first.holds();
    const second = etcdctlLock(etcd.endpoints, 'lid');
    const outcome = expect(second.holds()).rejects.toThrow(/ended first/);
    await second.kill();
    await outcome;
    await first.release();
  });
});
