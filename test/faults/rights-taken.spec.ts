import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  type TestContext,
} from 'vitest';
import { LeaderElection } from '../../lib/election/index.js';
import { callEtcd } from '../support/etcd-gateway.js';
import { LockWorld } from '../support/lock-world.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil, within } from '../support/wait-until.js';

const TTL = 3_000;
const REFUSED = { code: 'LOCK_STORE' };
const WHY = /permission denied|authentication failed|user name not found/;

interface User {
  readonly username: string;
  readonly password: string;
}

// Most of the time each waits for leases and passwords.
describe.concurrent('a user whose rights are taken away', () => {
  let world: LockWorld;
  let users = 0;
  const asRoot = (...args: string[]) =>
    world.etcd.etcdctl('--user=root:right', '--dial-timeout=20s', ...args);

  beforeAll(async () => {
    // The least that etcd takes: many log in.
    world = await LockWorld.start({ args: ['--bcrypt-cost=4'] });
    const { etcdctl } = world.etcd;
    await etcdctl('user', 'add', 'root:right');
    await etcdctl('user', 'grant-role', 'root', 'root');
    await etcdctl('auth', 'enable');
  });
  afterAll(() => world.stop());

  async function newUser(): Promise<User> {
    const user = { username: `user${(users += 1)}`, password: 'right' };
    await asRoot('user', 'add', `${user.username}:right`);
    await asRoot('role', 'add', roleOf(user));
    await grant(user, 'locks/');
    await giveRole(user);
    return user;
  }

  /** Each user has one of its own. */
  const roleOf = ({ username }: User) => `role of ${username}`;
  const grant = (user: User, prefix: string) =>
    asRoot(
      ...['role', 'grant-permission', '--prefix'],
      ...[roleOf(user), 'readwrite', prefix],
    );
  const giveRole = (user: User) =>
    asRoot('user', 'grant-role', user.username, roleOf(user));

  const locksOf = (auth: User) =>
    world.locks({ ttl: TTL, auth, waitTimeout: '1m' });

  async function queueOf(key: string): Promise<string[]> {
    const names = await asRoot(
      'get',
      '--prefix',
      '--keys-only',
      `locks/${encodeURIComponent(key)}/`,
    );
    return names.split('\n').filter((name) => name !== '');
  }

  const queued = (key: string, count: number) =>
    waitUntil(async () => (await queueOf(key)).length === count, {
      what: `${count} tickets for ${key}`,
    });

  const password = (username: string, to: string) => {
    const asked = new URL(world.etcd.member.endpoint);
    [asked.username, asked.password] = ['root', 'right'];
    const changed = { name: username, password: to };
    return callEtcd([asked.href], 'auth/user/changepw', changed);
  };

  type Change = (user: User) => Promise<unknown>;
  /** How rights are taken, and given back. */
  const ways: readonly (readonly [string, Change, Change])[] = [
    [
      'its role is revoked',
      (user) => asRoot('user', 'revoke-role', user.username, roleOf(user)),
      giveRole,
    ],
    [
      'it is deleted',
      ({ username }) => asRoot('user', 'delete', username),
      async (user) => {
        await asRoot('user', 'add', `${user.username}:right`);
        await giveRole(user);
      },
    ],
    [
      'its password is changed',
      ({ username }) => password(username, 'another'),
      ({ username }) => password(username, 'right'),
    ],
    [
      'its range is narrowed',
      async (user) => {
        await grant(user, 'locks/elsewhere/');
        await asRoot(
          ...['role', 'revoke-permission', '--prefix'],
          ...[roleOf(user), 'locks/'],
        );
      },
      (user) => grant(user, 'locks/'),
    ],
  ];

  it.for(ways)('waits no longer and blocks nobody: %s', async ([, take]) => {
    const [staying, leaving] = [await newUser(), await newUser()];
    const key = `k of ${leaving.username}`;
    const lock = await locksOf(staying).acquire(key);
    const wait = locksOf(leaving).acquire(key, { waitTimeout: Infinity });
    const told = expect(within(wait, 'the wait to end')).rejects;
    await queued(key, 2);
    await take(leaving);
    await told.toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(WHY),
    });
    // Its ticket goes with its lease.
    await queued(key, 1);
    await lock.release();
    await (await locksOf(staying).acquire(key)).release();
  });

  it.for(ways)(
    'hears the reason when its wait is bounded: %s',
    async ([, take]) => {
      const [staying, leaving] = [await newUser(), await newUser()];
      const key = `k of ${leaving.username}`;
      const lock = await locksOf(staying).acquire(key);
      const wait = locksOf(leaving).acquire(key, { waitTimeout: 6 * TTL });
      const told = expect(wait).rejects;
      await queued(key, 2);
      await take(leaving);
      await told.toMatchObject({
        ...REFUSED,
        message: expect.stringMatching(WHY),
      });
      await lock.release();
      await queued(key, 0);
    },
  );

  it.for(ways)(
    'is told that a release was refused, and keeps the key no longer than its lease: %s',
    async ([, take]) => {
      const [staying, leaving] = [await newUser(), await newUser()];
      const key = `k of ${leaving.username}`;
      const locks = locksOf(leaving);
      const lead = await locks.acquire(`lead of ${leaving.username}`);
      const lock = await locks.acquire(key);
      await take(leaving);
      await expect(lock.release()).rejects.toMatchObject(REFUSED);
      await lead.release().catch(() => {});
      const next = await locksOf(staying).acquire(key, {
        waitTimeout: 6 * TTL,
      });
      await next.release();
    },
  );

  /** Its own connection, which can be cut. */
  async function behindProxy({ onTestFinished }: TestContext, auth: User) {
    const proxy = await TcpProxy.start(world.etcd.member.clientPort);
    onTestFinished(() => proxy.close());
    const participant = world.participant({
      ...{ ttl: TTL, auth, waitTimeout: '1m' },
      hosts: proxy.endpoint,
    });
    return { ...participant, proxy };
  }

  it.for(ways)(
    'is told that its lock was taken away, and when it may not see that any more: %s',
    async ([, take, comeBack], context) => {
      const [staying, leaving] = [await newUser(), await newUser()];
      const { locks, proxy } = await behindProxy(context, leaving);
      const keys = ['stands', 'is cut'].map(
        (what) => `${what}: ${leaving.username}`,
      );
      for (const key of keys) {
        const lock = await locks.acquire(key);
        const next = locksOf(staying).acquire(key);
        await queued(key, 2);
        const [ticket] = await queueOf(key);
        await take(leaving);
        if (key === keys[1]) proxy.reset();
        await asRoot('del', ticket!);
        await (await next).release();
        await waitUntil(() => !lock.held, { what: `the loss of ${key}` });
        expect(lock.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
        if (key === keys[0]) await comeBack(leaving);
      }
    },
  );

  it.for(ways)(
    'is told why it follows no longer: %s',
    async ([, take, comeBack], context) => {
      const [staying, leaving] = [await newUser(), await newUser()];
      const key = `k of ${leaving.username}`;
      const { locks, proxy } = await behindProxy(context, leaving);
      const shown: string[][] = [];
      const reasons: string[] = [];
      locks.follow({
        snapshot: (all) => shown.push(all.map((lock) => lock.key)),
        changed: () => {},
        interrupted: ({ message }) => reasons.push(message),
      });
      const troubles: unknown[] = [];
      const leaders: (string | undefined)[] = [];
      const election = new LeaderElection(locks, {
        onTrouble: (error) => troubles.push(error),
      });
      election.observe(key, (leader) => leaders.push(leader?.label));
      await waitUntil(() => shown.length === 1 && leaders.length === 1);
      await take(leaving);
      proxy.reset();
      await waitUntil(() => reasons.some((reason) => WHY.test(reason)));
      await waitUntil(() => troubles.length > 0);
      expect(troubles).toMatchObject([
        { ...REFUSED, message: expect.stringMatching(WHY) },
      ]);
      const { locks: others } = world.participant({
        ...{ ttl: TTL, auth: staying, label: 'leader' },
      });
      await others.acquire(`election:${key}`);
      // It has been tried for all the while.
      await comeBack(leaving);
      await waitUntil(() => shown.at(-1)?.includes(`election:${key}`));
      await waitUntil(() => leaders.at(-1) === 'leader');
    },
  );

  it.for(ways)('leads no longer than it has to: %s', async ([, take]) => {
    const [staying, leaving] = [await newUser(), await newUser()];
    const key = `k of ${leaving.username}`;
    const locks = locksOf(leaving);
    const election = new LeaderElection(locks);
    let leads = 0;
    const leading = election.lead(key, ({ signal }) => {
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
      other.lead(key, () => Promise.resolve('led')),
      'the next one to lead',
      6 * TTL,
    );
  });
});
