import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LockWorld } from '../support/lock-world.js';

const locker = { username: 'locker', password: 'right' };
const stranger = { username: 'stranger', password: 'right' };
const WAIT = 2_000;

describe('an etcd that asks for credentials', () => {
  let world: LockWorld;
  beforeAll(async () => {
    // The least that etcd takes: whoever logs in has little time.
    world = await LockWorld.start({ args: ['--bcrypt-cost=4'] });
    const { etcdctl } = world.etcd;
    for (const user of ['root', 'locker', 'stranger']) {
      await etcdctl('user', 'add', `${user}:right`);
    }
    await etcdctl('user', 'grant-role', 'root', 'root');
    await etcdctl('role', 'add', 'lockers');
    await etcdctl(
      ...['role', 'grant-permission', '--prefix'],
      ...['lockers', 'readwrite', 'locks/'],
    );
    await etcdctl('user', 'grant-role', 'locker', 'lockers');
    await etcdctl('auth', 'enable');
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  const asRoot = (...args: string[]) =>
    world.etcd.etcdctl('--user=root:right', ...args);

  it('gives locks to a user who may write below the namespace', async () => {
    const [one, other] = [
      world.locks({ auth: locker }),
      world.locks({ auth: locker }),
    ];
    const lock = await one.acquire('key');
    const turn = other.acquire('key');
    await expect(other.tryAcquire('key')).resolves.toBeNull();
    await lock.release();
    await (await turn).release();
  });

  it.each([
    ['a wrong password', { ...locker, password: 'wrong' }],
    ['no credentials', undefined],
    ['a user who may not write there', stranger],
  ])('refuses %s, and the call says so in time', async (_, auth) => {
    const { locks, store } = world.participant(auth ? { auth } : {});
    const since = performance.now();
    await expect(
      locks.acquire('key', { waitTimeout: WAIT }),
    ).rejects.toMatchObject({ code: 'LOCK_STORE', outcome: 'not-applied' });
    await expect(locks.tryAcquire('key')).rejects.toMatchObject({
      code: 'LOCK_STORE',
    });
    expect(performance.now() - since).toBeLessThan(WAIT);
    // What etcd refuses on principle is not asked for again and again.
    expect(store.calls.length).toBeLessThan(10);
    expect(await asRoot('get', '--prefix', '--keys-only', 'locks/')).toBe('');
  });

  it('stops refusing once the user has been given the right', async () => {
    const locks = world.locks({ auth: stranger });
    await expect(locks.acquire('key')).rejects.toThrow(/permission denied/);
    await asRoot('user', 'grant-role', 'stranger', 'lockers');
    await (await locks.acquire('key')).release();
    await asRoot('user', 'revoke-role', 'stranger', 'lockers');
  });

  it('keeps no lease of a client that was closed', async () => {
    await world.locks({ auth: locker }).acquire('key');
    await world
      .locks({ auth: stranger })
      .acquire('key')
      .catch(() => {});
    await world.leave();
    expect(await asRoot('lease', 'list')).toMatch(/^found 0 leases/);
  });
});
