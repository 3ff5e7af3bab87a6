import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  onTestFinished,
  type TestContext,
} from 'vitest';
import { LeaderElection } from 'nestjs-etcd-lock/election';
import { LockWorld } from '../support/lock-world.js';
import { waitUntil, within } from '../support/wait-until.js';
import { spawnWorker, type Worker } from '../support/worker.js';
import { type EtcdctlElect, etcdctlElect } from './support/etcdctl-elect.js';

describe('an election shared with etcdctl', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  // Nothing is renewed or given up for lost meanwhile: every hand-over has to be heard of.
  const election = () => new LeaderElection(world.locks({ ttl: '60s' }));

  /** As its users are told: the name that our own side prints, without the slash at its end. */
  const etcdctl = (name: string, ...args: string[]): EtcdctlElect => {
    const etcdName = world.locks().etcdName(`election:${name}`).slice(0, -1);
    const { endpoints } = world.etcd;
    const running = etcdctlElect(endpoints, etcdName, ...args);
    onTestFinished(() => running.end());
    return running;
  };
  const PROPOSAL = 'proposal of etcdctl';

  /** Its own key and proposal, once it leads. */
  const led = ({ lines }: EtcdctlElect) => lines.includes(PROPOSAL);

  it('has us wait while etcdctl leads, and lead when it resigns', async () => {
    const theirs = etcdctl('theirs', PROPOSAL);
    await waitUntil(() => led(theirs));
    const mine = election();
    const lead = mine.lead('theirs', ({ fencingToken }) => fencingToken);
    const queue = await world.queued('election:theirs', 2);
    expect(mine.isLeading('theirs')).toBe(false);
    const leader = await mine.leader('theirs');
    expect(leader?.ticket).toBe(queue[0]);

    await theirs.end();
    const token = await within(lead, 'our turn');
    expect(token! > leader!.createRevision).toBe(true);
  });

  it('has etcdctl wait while we lead, and lead as soon as we resign', async () => {
    let theirs: EtcdctlElect | undefined;
    await election().lead('ours', async (leadership) => {
      theirs = etcdctl('ours', PROPOSAL);
      await world.queued('election:ours', 2);
      expect(led(theirs)).toBe(false);
      leadership.assertLeading();
      await leadership.resign();
      await waitUntil(() => led(theirs!));
    });
    expect(await election().leader('ours')).not.toHaveProperty('pid');
  });

  it('shows us to observers of etcdctl, and theirs to ours', async () => {
    const observer = etcdctl('seen', '-l');
    const seen: (bigint | undefined)[] = [];
    const stop = election().observe('seen', (leader) =>
      seen.push(leader?.createRevision),
    );
    await waitUntil(() => seen.length === 1);
    const metadata = { zone: 'a' };
    const ours = await election().lead(
      'seen',
      async ({ lock }) => {
        await waitUntil(() => observer.lines.length === 2);
        return { ticket: await world.queued('election:seen', 1), lock };
      },
      { metadata },
    );
    const [key, value] = observer.lines;
    expect([key]).toEqual(ours!.ticket);
    expect(JSON.parse(value!)).toMatchObject({ metadata });

    const theirs = etcdctl('seen', PROPOSAL);
    await waitUntil(() => led(theirs));
    await waitUntil(() => observer.lines.length === 4);
    await theirs.end();
    await waitUntil(() => seen.length === 5);
    const first = ours!.lock.fencingToken;
    expect(seen).toEqual([undefined, first, undefined, seen[3], undefined]);
    expect(seen[3]! > first).toBe(true);
    stop();
  });
});

// Each starts processes, and waits for leases.
describe.concurrent('instances of an application', () => {
  interface Tick {
    readonly token: bigint;
    readonly at: number;
  }

  /** Starts instances on an etcd of their own. */
  async function instancesFor(context: TestContext) {
    const world = await LockWorld.startFor(context);
    const file = new URL('./support/leader.worker.ts', import.meta.url);
    const instance = async (ttl = '3s'): Promise<Worker> => {
      const worker = spawnWorker(file, {
        ETCD_HOSTS: world.etcd.endpoints.join(','),
        TTL: ttl,
      });
      context.onTestFinished(() => worker.kill());
      await worker.next('ready');
      return worker;
    };
    return { world, instance };
  }

  const ticks = ({ messages }: Worker) =>
    messages.filter(({ type }) => type === 'tick') as unknown as Tick[];
  const ticked = async (worker: Worker, times: number) => {
    const before = ticks(worker).length;
    await waitUntil(() => ticks(worker).length >= before + times);
  };

  /** The ticks of each instance are a time of its own: they have one token, and do not mix. */
  function expectTerms(...leaders: Worker[]) {
    const terms = leaders.map(ticks);
    let before: Tick = { token: 0n, at: 0 };
    for (const term of terms) {
      expect(new Set(term.map(({ token }) => token)).size).toBe(1);
      expect(term[0]!.token > before.token).toBe(true);
      expect(term[0]!.at).toBeGreaterThanOrEqual(before.at);
      before = term.at(-1)!;
    }
  }

  it('tick in one place, and in the next one when the leader is killed', async (context) => {
    const { world, instance } = await instancesFor(context);
    const first = await instance();
    await ticked(first, 3);
    const second = await instance();
    await world.queued('election:ticker', 2);
    await ticked(first, 5);
    expect(ticks(second)).toEqual([]);

    await first.kill();
    await ticked(second, 3);
    expectTerms(first, second);
  });

  it('hand over at a shutdown, long before a lease could end', async (context) => {
    const { world, instance } = await instancesFor(context);
    const first = await instance('10m');
    await ticked(first, 1);
    const second = await instance('10m');
    await world.queued('election:ticker', 2);

    first.terminate();
    await ticked(second, 3);
    await first.exit();
    expectTerms(first, second);

    // Killed, it would keep its place for its ten minutes.
    second.terminate();
    await second.exit();
  });

  it('never tick in two places, also when the leader was paused', async (context) => {
    const { world, instance } = await instancesFor(context);
    const first = await instance();
    await ticked(first, 1);
    const second = await instance();
    await world.queued('election:ticker', 2);

    first.pause();
    await ticked(second, 3);
    first.resume();
    await world.queued('election:ticker', 2);
    await ticked(second, 10);
    expectTerms(first, second);
  });
});
