import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LeaderElection } from '../../lib/election/index.js';
import { LockWorld } from '../support/lock-world.js';
import { waitUntil, within } from '../support/wait-until.js';

const TTL = 3_000;
const REFUSED = { code: 'LOCK_STORE' };
const WHY = /permission denied|authentication failed|user name not found/;

interface User {
  readonly username: string;
  readonly password: string;
}

describe('a user whose rights are taken away', () => {
  let world: LockWorld;
  let users = 0;
  const asRoot = (...args: string[]) =>
    world.etcd.etcdctl('--user=root:right', ...args);

  beforeAll(async () => {
    world = await LockWorld.start();
    const { etcdctl } = world.etcd;
    await etcdctl('user', 'add', 'root:right');
    await etcdctl('user', 'grant-role', 'root', 'root');
    await etcdctl('role', 'add', 'lockers');
    await etcdctl(
      ...['role', 'grant-permission', '--prefix'],
      ...['lockers', 'readwrite', 'locks/'],
    );
    await etcdctl('auth', 'enable');
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  async function newUser(): Promise<User> {
    const user = { username: `user${(users += 1)}`, password: 'right' };
    await asRoot('user', 'add', `${user.username}:right`);
    await asRoot('user', 'grant-role', user.username, 'lockers');
    return user;
  }

  const locksOf = (auth: User) =>
    world.locks({ ttl: TTL, auth, waitTimeout: '1m' });

  async function queueOf(key: string): Promise<string[]> {
    const names = await asRoot(
      'get',
      '--prefix',
      '--keys-only',
      `locks/${key}/`,
    );
    return names.split('\n').filter((name) => name !== '');
  }

  const queued = (key: string, count: number) =>
    waitUntil(async () => (await queueOf(key)).length === count, {
      what: `${count} tickets for ${key}`,
    });

  const ways: readonly [string, (user: User) => Promise<unknown>][] = [
    [
      'its role is revoked',
      ({ username }) => asRoot('user', 'revoke-role', username, 'lockers'),
    ],
    ['it is deleted', ({ username }) => asRoot('user', 'delete', username)],
  ];

  it.each(ways)('waits no longer and blocks nobody: %s', async (_, take) => {
    const [staying, leaving] = [await newUser(), await newUser()];
    const lock = await locksOf(staying).acquire('k');
    const wait = locksOf(leaving).acquire('k', { waitTimeout: Infinity });
    const told = expect(within(wait, 'the wait to end')).rejects;
    await queued('k', 2);
    await take(leaving);
    await told.toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(WHY),
    });
    // Its ticket goes with its lease.
    await queued('k', 1);
    await lock.release();
    await (await locksOf(staying).acquire('k')).release();
  });

  it.each(ways)(
    'hears the reason when its wait is bounded: %s',
    async (_, take) => {
      const [staying, leaving] = [await newUser(), await newUser()];
      const lock = await locksOf(staying).acquire('k');
      const wait = locksOf(leaving).acquire('k', { waitTimeout: 6 * TTL });
      const told = expect(wait).rejects;
      await queued('k', 2);
      await take(leaving);
      await told.toMatchObject({
        ...REFUSED,
        message: expect.stringMatching(WHY),
      });
      await lock.release();
      await queued('k', 0);
    },
  );

  it.each(ways)(
    'is told that a release was refused, and keeps the key no longer than its lease: %s',
    async (_, take) => {
      const [staying, leaving] = [await newUser(), await newUser()];
      const locks = locksOf(leaving);
      const lead = await locks.acquire('lead');
      const lock = await locks.acquire('k');
      await take(leaving);
      await expect(lock.release()).rejects.toMatchObject(REFUSED);
      await lead.release().catch(() => {});
      const next = await locksOf(staying).acquire('k', {
        waitTimeout: 6 * TTL,
      });
      await next.release();
    },
  );

  it.each(ways)('leads no longer than it has to: %s', async (_, take) => {
    const [staying, leaving] = [await newUser(), await newUser()];
    const locks = locksOf(leaving);
    const election = new LeaderElection(locks);
    let leads = 0;
    const leading = election.lead('job', ({ signal }) => {
      leads += 1;
      return new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve()),
      );
    });
    await waitUntil(() => leads === 1);
    await take(leaving);
    await election.close();
    await leading.catch(() => {});
    const other = new LeaderElection(locksOf(staying));
    await within(
      other.lead('job', () => Promise.resolve('led')),
      'the next one to lead',
      6 * TTL,
    );
  });
});
