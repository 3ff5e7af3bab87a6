import { describe, expect, it, vi } from 'vitest';
import { LockContext } from '../../lib/index.js';
import { LeaderElection, type Leadership } from '../../lib/election/index.js';
import { follow } from '../core/support/follow.js';
import { refusal } from '../core/support/network.js';
import { type Instance, useWorld } from '../core/support/world.js';
import { waitUntil } from '../support/wait-until.js';

const world = useWorld();
const KEY = 'election:job';
const TTL = 15_000;

interface Process extends Instance {
  readonly election: LeaderElection;
}

function start(): Process {
  const instance = world().instance();
  return { ...instance, election: new LeaderElection(instance.locks) };
}

/** Work that the test ends, and what it was given, run by run. */
function work<T = string>() {
  const runs: Leadership[] = [];
  const ends: ((outcome: T | Promise<T>) => void)[] = [];
  return {
    runs,
    run: (leadership: Leadership) => {
      runs.push(leadership);
      return new Promise<T>((resolve) => ends.push(resolve));
    },
    /** The work of a leader that heeds its signal. */
    untilTold: (leadership: Leadership) => {
      runs.push(leadership);
      return new Promise<T>((_, reject) =>
        leadership.signal.addEventListener('abort', () =>
          reject(leadership.signal.reason as Error),
        ),
      );
    },
    end: (outcome: T | Promise<T>, run = ends.length - 1) =>
      ends[run]!(outcome),
  };
}

/** Calls `react` after as many turns of the microtask queue. */
function after(turns: number, react: () => void): void {
  if (turns === 0) react();
  else queueMicrotask(() => after(turns - 1, react));
}

/** The leader's leadership is taken away in etcd, and it has heard of it. */
async function lose(): Promise<void> {
  const bystander = world().instance();
  await world().outcome(bystander.locks.forceRelease(KEY), 100);
  await world().advance(200);
}

describe('lead', () => {
  it('lets one process lead at a time, in the order in which they came', async () => {
    const jobs = [work(), work(), work()];
    const leads = [];
    for (const { run } of jobs) {
      leads.push(start().election.lead('job', run));
      await world().settle();
    }
    const leading = () => jobs.map(({ runs }) => runs.length);

    expect(leading()).toEqual([1, 0, 0]);
    jobs[0]!.end('first');
    expect(await world().outcome(leads[0]!)).toBe('first');
    expect(leading()).toEqual([1, 1, 0]);
    jobs[1]!.end('second');
    expect(await world().outcome(leads[1]!)).toBe('second');
    expect(leading()).toEqual([1, 1, 1]);
    jobs[2]!.end('third');
    expect(await world().outcome(leads[2]!)).toBe('third');

    const tokens = jobs.map(({ runs }) => runs[0]!.fencingToken);
    expect(tokens[0]! < tokens[1]! && tokens[1]! < tokens[2]!).toBe(true);
  });

  it('lets one caller of a process lead at a time', async () => {
    const { election } = start();
    const [one, other] = [work(), work()];
    const first = election.lead('job', one.run);
    const second = election.lead('job', other.run);
    await world().settle();
    expect([one.runs.length, other.runs.length]).toEqual([1, 0]);
    one.end('one');
    await world().outcome(first);
    other.end('other');
    expect(await world().outcome(second)).toBe('other');
  });

  it('rejects with what the work throws, and does not lead any more', async () => {
    const { election, locks } = start();
    const failing = election.lead('job', () => {
      throw new Error('of the work');
    });
    expect(await world().failure(failing)).toMatchObject({
      message: 'of the work',
    });
    expect(election.isLeading('job')).toBe(false);
    expect((await locks.inspect(KEY)).holders).toEqual([]);
  });

  it('runs the work as code that holds the lock', async () => {
    const { election } = start();
    const held = election.lead('job', async ({ lock }) => {
      await Promise.resolve();
      LockContext.assertHeld(KEY);
      return LockContext.current()?.fencingToken === lock.fencingToken;
    });
    expect(await world().outcome(held)).toBe(true);
  });

  it('shows its metadata to those who look', async () => {
    const { election } = start();
    const job = work();
    const lead = election.lead('job', job.run, { metadata: { zone: 'a' } });
    await world().settle();
    expect(await election.leader('job')).toMatchObject({
      pid: process.pid,
      metadata: { zone: 'a' },
    });
    job.end('over');
    await world().outcome(lead);
    expect(await election.leader('job')).toBeUndefined();
  });
});

describe('a leadership that is lost', () => {
  it('tells its work, and is campaigned for again', async () => {
    const job = work();
    const lead = start().election.lead('job', job.run);
    await world().settle();
    const [first] = job.runs;
    await lose();

    expect(first!.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
    expect(first!.leading).toBe(false);
    expect(() => first!.assertLeading()).toThrow(/was lost/);

    job.end('of a run that was lost');
    await world().settle();
    const second = job.runs[1]!;
    expect(second.fencingToken > first!.fencingToken).toBe(true);
    expect(second.signal.aborted).toBe(false);
    job.end('of a run that led to its end');
    expect(await world().outcome(lead)).toBe('of a run that led to its end');
  });

  it('lets others lead, but not this process beside a run that goes on', async () => {
    const [mine, theirs] = [work(), work()];
    const lead = start().election.lead('job', mine.run);
    await world().settle();
    const other = start().election.lead('job', theirs.run);
    await world().settle();
    await lose();
    expect(theirs.runs).toHaveLength(1);
    theirs.end('over');
    await world().outcome(other);
    await world().advance(2 * TTL);
    expect(mine.runs).toHaveLength(1);
    expect(await world().tickets(KEY)).toEqual([]);

    mine.end('at last');
    await world().settle();
    expect(mine.runs).toHaveLength(2);
    mine.end('over');
    await world().outcome(lead);
  });

  it('is noticed at the release when the work has ended before', async () => {
    const job = work();
    const lead = start().election.lead('job', job.run);
    await world().settle();
    for (const { key } of await world().tickets(KEY)) await world().remove(key);
    job.end('too early to have led');
    await world().settle();
    expect(job.runs).toHaveLength(2);
    job.end('over');
    expect(await world().outcome(lead)).toBe('over');
  });

  const torn = new Error('torn');
  it.each<[string, (reason: unknown) => unknown, unknown[]]>([
    ['the reason of its signal', (reason) => reason, []],
    [
      'what Node makes of it',
      (cause) => new Error('The operation was aborted', { cause }),
      [],
    ],
    ['something else', () => torn, [[torn]]],
  ])(
    'is no failure of lead where the work throws %s',
    async (_, thrown, told) => {
      const onTrouble = vi.fn<(error: unknown) => void>();
      let runs = 0;
      const lead = start().election.lead(
        'job',
        async ({ signal }) => {
          runs += 1;
          if (runs === 2) return 'led';
          await new Promise((resolve) =>
            signal.addEventListener('abort', resolve),
          );
          throw thrown(signal.reason) as Error;
        },
        { onTrouble },
      );
      await world().settle();
      await lose();
      expect(await world().outcome(lead)).toBe('led');
      expect(onTrouble.mock.calls).toEqual(told);
    },
  );
});

describe('resign', () => {
  it('hands over at once, and lead ends with the work', async () => {
    const [mine, theirs] = [work(), work()];
    const lead = follow(start().election.lead('job', mine.run));
    await world().settle();
    const other = start().election.lead('job', theirs.run);
    await world().settle();

    await world().outcome(mine.runs[0]!.resign());
    expect(mine.runs[0]!.signal.reason).toMatchObject({
      code: 'LOCK_NOT_HELD',
    });
    expect(mine.runs[0]!.leading).toBe(false);
    expect(theirs.runs).toHaveLength(1);
    expect(lead.state).toBe('pending');

    mine.end('after it resigned');
    await world().settle();
    expect(lead.value).toBe('after it resigned');
    expect(mine.runs).toHaveLength(1);
    theirs.end('over');
    await world().outcome(other);
  });

  it('is the end also of a leadership that turns out to have been lost', async () => {
    let runs = 0;
    const lead = start().election.lead('job', async (leadership) => {
      runs += 1;
      if (runs > 1) return 'led again';
      for (const { key } of await world().tickets(KEY)) {
        await world().remove(key);
      }
      await leadership.resign();
      return 'resigned';
    });
    expect(await world().outcome(lead)).toBe('resigned');
    expect(runs).toBe(1);
  });

  it('does not hide what the work throws then', async () => {
    const lead = start().election.lead('job', async (leadership) => {
      await leadership.resign();
      throw new Error('of the work');
    });
    expect(await world().failure(lead)).toMatchObject({
      message: 'of the work',
    });
  });
});

describe('the end of a campaign', () => {
  const ways = [
    ['its signal', (_: Process, asked: AbortController) => asked.abort()],
    ['close', ({ election }: Process) => void election.close()],
    ['the shutdown of the locks', ({ locks }: Process) => locks.drain()],
  ] as const;

  it.each(ways)('comes by %s while it waits', async (_, end) => {
    const [holder, waiting] = [work(), work()];
    const first = start().election.lead('job', holder.run);
    await world().settle();
    const candidate = start();
    const asked = new AbortController();
    const { signal } = asked;
    const lead = candidate.election.lead('job', waiting.run, { signal });
    await world().settle();
    expect(await world().tickets(KEY)).toHaveLength(2);

    end(candidate, asked);
    expect(await world().outcome(lead, 100)).toBeUndefined();
    expect(await world().tickets(KEY)).toHaveLength(1);
    holder.end('over');
    await world().outcome(first);
    expect(waiting.runs).toEqual([]);
  });

  it.each(ways.slice(0, 2))(
    'comes by %s to a leader that leads until its work has ended',
    async (_, end) => {
      const [mine, theirs] = [work(), work()];
      const leader = start();
      const asked = new AbortController();
      const { signal } = asked;
      const lead = leader.election.lead('job', mine.run, { signal });
      await world().settle();
      const other = start().election.lead('job', theirs.run);
      await world().settle();

      end(leader, asked);
      await world().settle();
      const [leadership] = mine.runs;
      expect(leadership!.signal.aborted).toBe(true);
      expect(leadership!.leading).toBe(true);
      expect(theirs.runs).toEqual([]);

      mine.end('tidied up');
      expect(await world().outcome(lead)).toBe('tidied up');
      expect(theirs.runs).toHaveLength(1);
      theirs.end('over');
      await world().outcome(other);
    },
  );

  it('is no failure of work that throws for it', async () => {
    const { election } = start();
    const job = work();
    const lead = election.lead('job', job.untilTold);
    await world().settle();
    await world().outcome(election.close());
    expect(await world().outcome(lead)).toBeUndefined();
    expect(job.runs).toHaveLength(1);
  });

  it('is there from the beginning once it is closed, or its signal aborted', async () => {
    const { election } = start();
    const never = vi.fn<() => void>();
    const signal = AbortSignal.abort();
    expect(
      await world().outcome(election.lead('job', never, { signal })),
    ).toBeUndefined();
    await election.close();
    expect(await world().outcome(election.lead('job', never))).toBeUndefined();
    expect(never).not.toHaveBeenCalled();
  });

  it('comes in time to who has just won', async () => {
    const { election, locks } = start();
    const asked = new AbortController();
    locks.subscribe(({ type }) => type === 'acquired' && asked.abort());
    const never = vi.fn<() => void>();
    const { signal } = asked;
    const lead = election.lead('job', never, { signal });
    expect(await world().outcome(lead)).toBeUndefined();
    expect(never).not.toHaveBeenCalled();
    expect(await world().tickets(KEY)).toEqual([]);
  });

  it('comes to a candidate at whatever moment of its victory', async () => {
    for (let turns = 0; turns < 30; turns += 1) {
      const { election, locks } = start();
      locks.subscribe(({ type }) => {
        if (type === 'acquired') after(turns, () => void election.close());
      });
      const lead = election.lead('job', work().untilTold);
      expect(await world().outcome(lead)).toBeUndefined();
      expect(await world().tickets(KEY)).toEqual([]);
    }
  });

  it('comes to a leader whose locks are closed under it', async () => {
    const { election, locks } = start();
    const job = work();
    const lead = election.lead('job', job.untilTold);
    await world().settle();
    await world().outcome(locks.close(), 6_000);
    expect(job.runs[0]!.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
    expect(await world().outcome(lead)).toBeUndefined();
  });
});

describe('an etcd that fails', () => {
  it('is waited for, however long it is away', async () => {
    const { election, network } = start();
    const job = work();
    network.cut();
    const lead = follow(election.lead('job', job.run));
    await world().advance(10 * TTL);
    expect(lead.state).toBe('pending');
    network.heal();
    await world().advance(2_000);
    expect(job.runs).toHaveLength(1);
    job.end('over');
    await world().settle();
    expect(lead.value).toBe('over');
  });

  it('is tried again where it refuses, and told once', async () => {
    const { election, network } = start();
    const onTrouble = vi.fn<(error: unknown) => void>();
    const refused = network.refuse({ times: 3, error: refusal() });
    const lead = follow(election.lead('job', () => 'led', { onTrouble }));
    await waitUntil(async () => {
      await world().advance(100);
      return lead.state === 'resolved';
    });
    refused.lift();
    expect(onTrouble.mock.calls).toEqual([
      [expect.objectContaining({ code: 'LOCK_STORE' })],
    ]);
  });

  it.each<[string, () => void]>([
    [
      'throws',
      () => {
        throw new Error('of a listener');
      },
    ],
    ['rejects', () => Promise.reject(new Error('of a listener'))],
  ])('is gone on after though onTrouble %s', async (_how, onTrouble) => {
    const { election, network } = start();
    const refused = network.refuse({ times: 3, error: refusal() });
    const lead = follow(election.lead('job', () => 'led', { onTrouble }));
    await waitUntil(async () => {
      await world().advance(100);
      return lead.state === 'resolved';
    });
    refused.lift();
    expect(lead.value).toBe('led');
  });

  it('costs a leader that it cuts off its leadership, before others lead', async () => {
    const [mine, theirs] = [work(), work()];
    const { election, network } = start();
    const lead = election.lead('job', mine.run);
    await world().settle();
    const other = start().election.lead('job', theirs.run);
    await world().settle();
    const order: string[] = [];
    mine.runs[0]!.signal.addEventListener('abort', () => order.push('told'));
    network.cut();
    while (theirs.runs.length === 0) await world().advance(100);
    order.push('next');
    expect(order).toEqual(['told', 'next']);

    theirs.end('over');
    await world().outcome(other);
    network.heal();
    mine.end('lost');
    await world().advance(5_000);
    mine.end('over');
    await world().outcome(lead, 1_000);
  });
});

describe('bad input', () => {
  const never = () => {};
  it.each<[string, (election: LeaderElection) => Promise<unknown>]>([
    ['an empty name', (election) => election.lead('', never)],
    ['a name that is none', (election) => election.lead(7 as never, never)],
    ['a long name', (election) => election.lead('x'.repeat(2_000), never)],
    ['no work', (election) => election.lead('job', undefined as never)],
    ['an unknown option', (e) => e.lead('job', never, { mode: 1 } as never)],
    ['a bad ttl', (election) => election.lead('job', never, { ttl: 1 })],
    ['no signal', (e) => e.lead('job', never, { signal: 1 as never })],
    ['no listener', (e) => e.lead('job', never, { onTrouble: 1 as never })],
    ['no name to look for', (election) => election.leader('')],
    ['no name to observe', async (e) => e.observe('', never)],
    ['nobody to tell', async (e) => e.observe('job', undefined as never)],
    ['no name to lead', async (election) => election.isLeading('')],
  ])('%s is refused before anything is sent', async (_, act) => {
    const { election, traffic } = start();
    await expect(act(election)).rejects.toMatchObject({
      code: 'LOCK_CONFIGURATION',
    });
    expect(traffic.leases).toEqual([]);
    expect([...traffic.watched]).toEqual([]);
  });
});
