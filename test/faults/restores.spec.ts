import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { LeaderElection, type Leadership } from '../../lib/election/index.js';
import { bumpsRevision } from '../support/etcd-backup.js';
import { putUnrelated } from '../support/etcd-gateway.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { LockWorld, type Participant } from '../support/lock-world.js';
import { waitUntil, within } from '../support/wait-until.js';

/** Every lease outlives the time in which etcd is away. */
const OPTIONS = { ttl: '12s', waitTimeout: '1m' } as const;
const TAKEN = { code: 'LOCK_LOST', reason: 'taken' };

class RestoredWorld {
  private constructor(
    readonly world: LockWorld,
    private readonly directory: string,
  ) {}

  static async startFor(context: TestContext): Promise<RestoredWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'nestjs-etcd-lock-'));
    const remove = () => rmSync(directory, { recursive: true, force: true });
    context.onTestFinished(remove);
    return new RestoredWorld(await LockWorld.startFor(context), directory);
  }

  async backup(): Promise<string> {
    const path = join(this.directory, 'backup.db');
    await this.world.etcd.etcdctl('snapshot', 'save', path);
    return path;
  }

  restore(backup?: string, ...flags: string[]): Promise<void> {
    return this.world.etcd.member.restore(backup, ...flags);
  }

  participant(): Participant {
    return this.world.participant(OPTIONS);
  }

  /** The revision goes on, and whoever is named hears of it. */
  async goOn(...who: readonly Participant[]): Promise<void> {
    for (let n = 0; n < 10; n += 1)
      await putUnrelated(this.world.etcd.endpoints);
    await Promise.all(who.map(({ locks }) => locks.ping()));
  }
}

const VARIANTS: readonly (readonly [string, readonly string[]])[] = [
  ['as it was', []],
  ...(bumpsRevision()
    ? ([
        [
          'with its revision set forward',
          ['--bump-revision=1000000000', '--mark-compacted'],
        ],
      ] as const)
    : []),
];

// Each has an etcd of its own, and most of the time waits for it.
describe.concurrent.each(VARIANTS)(
  'an etcd that is restored from a backup, %s',
  (_, flags) => {
    it('takes the locks that are younger than the backup, and no others', async (context) => {
      const restored = await RestoredWorld.startFor(context);
      const holder = restored.participant();
      const older = await holder.locks.acquire('older');
      const backup = await restored.backup();
      const younger = await holder.locks.acquire('younger');
      await restored.goOn(holder);
      await restored.restore(backup, ...flags);
      await within(
        new Promise((resolve) =>
          younger.signal.addEventListener('abort', resolve),
        ),
        'the younger lock to be lost',
      );
      expect(younger.signal.reason).toMatchObject(TAKEN);
      expect(older.held).toBe(true);
      const other = restored.participant().locks;
      expect((await other.acquire('younger')).held).toBe(true);
      expect(await other.tryAcquire('older')).toBeNull();
      await older.release();
      expect((await other.acquire('older')).held).toBe(true);
    });

    it('has its waiters served, each one once', async (context) => {
      const restored = await RestoredWorld.startFor(context);
      const { world } = restored;
      const [holder, first, second] = [1, 2, 3].map(() =>
        restored.participant(),
      );
      const lock = await holder!.locks.acquire('k');
      const turn = first!.locks.acquire('k');
      await world.queued('k', 2);
      const backup = await restored.backup();
      const next = second!.locks.acquire('k');
      await world.queued('k', 3);
      await restored.goOn(holder!, first!, second!);
      await restored.restore(backup, ...flags);
      await world.queued('k', 3);
      expect(lock.held).toBe(true);
      await lock.release();
      const served = await turn;
      expect(served.fencingToken).toBeGreaterThan(lock.fencingToken);
      await served.release();
      expect((await next).fencingToken).toBeGreaterThan(served.fencingToken);
      await world.queued('k', 1);
    });

    it('has one leader, who leads on', async (context) => {
      const restored = await RestoredWorld.startFor(context);
      const { world } = restored;
      const [early, late] = [1, 2].map(() => restored.participant());
      const until = (runs: Leadership[]) => (leadership: Leadership) => {
        runs.push(leadership);
        return new Promise<void>((resolve) => {
          leadership.signal.addEventListener('abort', () => resolve());
        });
      };
      const runs = { early: [] as Leadership[], late: [] as Leadership[] };
      const election = new LeaderElection(early!.locks);
      const led = election.lead('job', until(runs.early));
      await waitUntil(() => runs.early.length === 1);
      const other = new LeaderElection(late!.locks);
      const leading = other.lead('job', until(runs.late));
      await world.queued('election:job', 2);
      const backup = await restored.backup();
      await runs.early[0]!.resign();
      await led;
      await waitUntil(() => runs.late.length === 1);
      // It waits again, by the name of the ticket that the backup has as the leader's.
      void election.lead('job', until(runs.early)).catch(() => {});
      const [leader] = await world.queued('election:job', 2);
      await restored.goOn(early!, late!);
      await restored.restore(backup, ...flags);
      await waitUntil(async () => {
        const [first, ...others] = await world.names('locks/election');
        return first === leader && others.length === 1;
      });
      expect(runs.late[0]!.signal.aborted).toBe(false);
      expect(runs.early).toHaveLength(1);
      await other.close();
      await leading;
      await waitUntil(() => runs.early.length === 2);
      await election.close();
    });

    it('has tickets again that were given back: they go, also of a process that does nothing', async (context) => {
      const restored = await RestoredWorld.startFor(context);
      const { world } = restored;
      const holder = restored.participant();
      const lock = await holder.locks.acquire('k');
      const backup = await restored.backup();
      await lock.release();
      await restored.goOn(holder);
      await restored.restore(backup, ...flags);
      await world.queued('k', 0);
      expect(holder.events.map(({ type }) => type)).toContainEqual(
        expect.stringMatching(/^revision-(went-back|leapt)$/),
      );
      expect((await holder.locks.acquire('k')).held).toBe(true);
    });

    it('has a ticket removed whose release fell into the restore', async (context) => {
      const restored = await RestoredWorld.startFor(context);
      const { world } = restored;
      const holder = restored.participant();
      const lock = await holder.locks.acquire('k');
      const backup = await restored.backup();
      await restored.goOn(holder);
      await world.etcd.member.kill();
      const release = lock.release();
      await restored.restore(backup, ...flags);
      await release;
      await world.queued('k', 0);
      expect((await restored.participant().locks.acquire('k')).held).toBe(true);
    });
  },
);

describe.concurrent(
  'an etcd that is restored, and has gone on before a process hears of it',
  () => {
    it('has its tickets go that were given back, though it shows in no revision', async (context) => {
      const restored = await RestoredWorld.startFor(context);
      const { world } = restored;
      const proxy = await TcpProxy.start(world.etcd.member.clientPort);
      context.onTestFinished(() => proxy.close());
      const holder = world.participant({ ...OPTIONS, hosts: proxy.endpoint });
      const [lock, held] = [
        await holder.locks.acquire('k'),
        await holder.locks.acquire('held'),
      ];
      const backup = await restored.backup();
      await lock.release();
      await proxy.refuse();
      proxy.reset();
      await restored.restore(backup);
      // Before the process is there again, etcd has got further than it knew.
      await restored.goOn();
      await proxy.accept();
      await world.queued('k', 0);
      expect(holder.events.map(({ type }) => type)).not.toContainEqual(
        expect.stringMatching(/^revision-/),
      );
      expect(held.held).toBe(true);
      expect((await holder.locks.acquire('k')).held).toBe(true);
    });
  },
);

describe.concurrent('an etcd that comes back empty', () => {
  it('takes every lock, and serves those who wait and those who come', async (context) => {
    const restored = await RestoredWorld.startFor(context);
    const { world } = restored;
    const [holder, waiter] = [1, 2].map(() => restored.participant());
    const lock = await holder!.locks.acquire('k');
    const turn = waiter!.locks.acquire('k');
    await world.queued('k', 2);
    await restored.goOn(holder!, waiter!);
    await restored.restore();
    expect((await turn).held).toBe(true);
    await waitUntil(() => !lock.held);
    const next = holder!.locks.acquire('k');
    await world.queued('k', 2);
    await (await turn).release();
    expect((await next).held).toBe(true);
    expect(lock.held).toBe(false);
  });
});
