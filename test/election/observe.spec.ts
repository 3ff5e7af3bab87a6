import { expect, it } from 'vitest';
import { LeaderElection, type Leadership } from '../../lib/election/index.js';
import { refusal } from '../core/support/network.js';
import { useWorld } from '../core/support/world.js';

const world = useWorld();

function start(instance: string) {
  const process = world().instance({ label: instance });
  return { ...process, election: new LeaderElection(process.locks) };
}

/** Leads until the returned function is called. */
async function leader(instance: string, metadata = {}) {
  const { election } = start(instance);
  const asked = new AbortController();
  const lead = election.lead(
    'job',
    ({ signal }: Leadership) =>
      new Promise((resolve) => signal.addEventListener('abort', resolve)),
    { signal: asked.signal, metadata },
  );
  await world().settle();
  return {
    election,
    async end() {
      asked.abort();
      await world().outcome(lead);
      await world().settle();
    },
  };
}

it('tells who leads now, and each change, once', async () => {
  const a = await leader('a');
  const b = await leader('b');
  const seen: (string | undefined)[] = [];
  const stop = start('observer').election.observe('job', (who) =>
    seen.push(who?.label),
  );
  await world().settle();
  expect(seen).toEqual(['a']);

  const c = await leader('c');
  expect(seen).toEqual(['a']);
  await a.end();
  expect(seen).toEqual(['a', 'b']);
  await b.end();
  await c.end();
  expect(seen).toEqual(['a', 'b', 'c', undefined]);

  stop();
  const d = await leader('d');
  await d.end();
  expect(seen).toHaveLength(4);
});

it('tells that nobody leads, and of a leader of an instance that led before', async () => {
  const seen: (string | undefined)[] = [];
  const { election } = start('observer');
  const stop = election.observe('job', (who) => seen.push(who?.label));
  await world().settle();
  expect(seen).toEqual([undefined]);
  for (let round = 0; round < 2; round += 1) await (await leader('a')).end();
  expect(seen).toEqual([undefined, 'a', undefined, 'a', undefined]);
  stop();
});

it('tells, after etcd was away, only what has become of it', async () => {
  const seen: (string | undefined)[] = [];
  const { election, network } = start('observer');
  const a = await leader('a');
  const stop = election.observe('job', (who) => seen.push(who?.label));
  await world().settle();

  const away = network.refuse({ times: Infinity });
  network.endWatches();
  await a.end();
  const b = await leader('b');
  expect(seen).toEqual(['a']);
  away.lift();
  await world().advance(2_000);
  expect(seen).toEqual(['a', 'b']);
  stop();
  await b.end();
});

/** Hears of trouble. */
async function observer() {
  const { locks, network } = world().instance();
  const troubles: unknown[] = [];
  const election = new LeaderElection(locks, {
    onTrouble: (error) => troubles.push((error as Error).message),
  });
  const stop = election.observe('job', () => {});
  await world().settle();
  return { network, troubles, stop };
}

it('is told to those who hear of trouble when etcd goes on to refuse, once for each reason', async () => {
  const { network, troubles, stop } = await observer();
  const refuse = (reason: 'permission-denied' | 'unauthenticated') =>
    network.refuse({ on: 'read', error: refusal(reason), times: Infinity });

  // A token that is outdated is refused once.
  network.refuse({ on: 'read', error: refusal('unauthenticated') });
  network.endWatches();
  await world().advance(5_000);
  expect(troubles).toEqual([]);

  const reasons = ['permission-denied', 'unauthenticated'] as const;
  for (const reason of reasons) {
    const refused = refuse(reason);
    network.endWatches();
    await world().advance(5_000);
    refused.lift();
  }
  expect(troubles).toEqual(
    reasons.map((reason) => expect.stringContaining(reason)),
  );
  stop();
});

it('tells no reason that is over when etcd refuses for another', async () => {
  const { network, troubles, stop } = await observer();

  // Rights are changed between the first refusal and the third.
  const reasons = ['permission-denied', 'unauthenticated'] as const;
  const refused = [...reasons, reasons[0]].map((reason) =>
    network.refuse({ on: 'read', error: refusal(reason) }),
  );
  network.endWatches();
  await world().advance(5_000);
  expect(refused.map(({ hits }) => hits)).toEqual([1, 1, 1]);
  expect(troubles).toEqual([]);

  // Who is refused for good is told, whatever the reasons.
  for (let round = 0; round < 5; round += 1) {
    for (const reason of reasons)
      network.refuse({ on: 'read', error: refusal(reason) });
  }
  network.endWatches();
  await world().advance(20_000);
  expect(troubles).toHaveLength(2);
  stop();
});

it('knows by itself whether it leads', async () => {
  const a = await leader('a');
  const b = await leader('b');
  expect(a.election.isLeading('job')).toBe(true);
  expect(a.election.isLeading('other')).toBe(false);
  expect(b.election.isLeading('job')).toBe(false);
  await a.end();
  expect(a.election.isLeading('job')).toBe(false);
  expect(b.election.isLeading('job')).toBe(true);
  await b.end();
});

it.each<[string, (error: Error) => void]>([
  [
    'throws',
    (error) => {
      throw error;
    },
  ],
  ['rejects', (error) => Promise.reject(error)],
])('minds no listener that %s', async (_how, fail) => {
  const seen: unknown[] = [];
  const stop = start('observer').election.observe('job', (who) => {
    seen.push(who);
    return fail(new Error('of a listener'));
  });
  await world().settle();
  await (await leader('a')).end();
  expect(seen).toHaveLength(3);
  stop();
});

it.each([
  ['throws', () => fail()],
  ['rejects', async () => fail()],
])('goes on to tell a listener that %s', async (_, misdeed) => {
  let told = 0;
  const { election } = start('observer');
  const stop = election.observe('job', () => {
    told += 1;
    return misdeed() as unknown as void;
  });
  const a = await leader('a');
  await a.end();
  await new Promise(setImmediate);
  expect(told).toBe(3);
  stop();
});

function fail(): never {
  throw new Error('of the listener');
}
