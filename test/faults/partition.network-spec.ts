import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasNetem } from '../../scripts/setup/machine.mjs';
import { LabEtcd } from '../support/lab-etcd.js';
import { type LockWorker, startLockWorker } from '../support/lock-worker.js';
import { NetworkLab } from '../support/network-lab.js';
import { waitUntil } from '../support/wait-until.js';

// Machines of their own, with a router between them: what vanishes, vanishes in the network.

const TTL = 4_000;
const NETEM = await hasNetem();

let lab: NetworkLab;
let etcd: LabEtcd;
const workers = new Set<LockWorker>();

async function setUp(...members: readonly string[]): Promise<void> {
  lab = await NetworkLab.start([...members, 'one', 'other']);
  etcd = await LabEtcd.start(lab, members);
}

afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker.process.kill()));
  workers.clear();
  await etcd.stop();
  await lab.stop();
});

async function workerOn(
  host: 'one' | 'other',
  { ttl = TTL, hosts = etcd.endpoints } = {},
): Promise<LockWorker> {
  const settings = { hosts, ttl, waitTimeout: 600_000 };
  const worker = await startLockWorker(settings, lab.host(host).prefix);
  workers.add(worker);
  return worker;
}

/** Until when a lock is surely held, as far as its holder knows. */
async function endOf(holder: LockWorker, id: string): Promise<number> {
  return (await holder.look(id)).remaining + Date.now();
}

/** Resolves once it is held for longer than was known, which only a renewal can do. */
async function renewedAfter(known: number, holder: LockWorker, id: string) {
  await waitUntil(async () => (await endOf(holder, id)) > known + 1_000);
}

type Fault = (host: string) => void;

/** What befalls the way between a host and etcd. */
const FAULTS: readonly (readonly [string, Fault])[] = [
  ['packets vanish both ways', (host) => lab.cut(host, 'etcd')],
  ['what it sends vanishes', (host) => lab.cutOneWay(host, 'etcd')],
  ['what it is sent vanishes', (host) => lab.cutOneWay('etcd', host)],
  ['there is no way', (host) => lab.cut(host, 'etcd', 'unreachable')],
  ['its cable is pulled', (host) => lab.unplug(host)],
];

describe('between a client and etcd', () => {
  beforeEach(() => setUp('etcd'));

  it.each(FAULTS)(
    '%s: a holder is told before the next has the lock, and goes on later',
    async (_, fault) => {
      const [holder, waiter] = [await workerOn('one'), await workerOn('other')];
      const first = await holder.acquire('key');
      const turn = waiter.acquire('key');
      await etcd.queued('key', 2);
      fault('one');
      const second = await turn;
      expect(second.token).toBeGreaterThan(first.token);
      const told = await waitUntil(() => holder.toldAt(first.id));
      expect(told).toBeLessThan(second.at);
      expect(await holder.look(first.id)).toMatchObject({
        held: false,
        asserted: 'LOCK_LOST',
        aborted: true,
      });

      const again = holder.acquire('key');
      lab.heal();
      await etcd.queued('key', 2);
      await waiter.release(second.id);
      expect((await again).token).toBeGreaterThan(second.token);
    },
  );

  it.each(FAULTS)(
    '%s: a waiter is no longer in the way, and has a new place later',
    async (_, fault) => {
      const [waiter, other] = [await workerOn('one'), await workerOn('other')];
      const first = await other.acquire('key');
      const turn = waiter.acquire('key');
      await etcd.queued('key', 2);
      fault('one');
      await etcd.queued('key', 1);
      // Nobody has to wait for who is not there.
      await other.release(first.id);
      const second = await other.acquire('key');
      lab.heal();
      await etcd.queued('key', 2);
      await other.release(second.id);
      expect((await turn).token).toBeGreaterThan(second.token);
    },
  );

  it('packets vanish for a part of the TTL: nobody loses a thing', async () => {
    const ttl = 12_000;
    const [holder, waiter] = [
      await workerOn('one', { ttl }),
      await workerOn('other', { ttl }),
    ];
    const first = await holder.acquire('key');
    const turn = waiter.acquire('key');
    const tickets = await etcd.queued('key', 2);
    for (const host of ['one', 'other']) lab.cut(host, 'etcd');
    const known = await endOf(holder, first.id);
    await waitUntil(
      async () => (await holder.look(first.id)).remaining < ttl / 2,
      { timeoutMs: ttl },
    );
    lab.heal();
    await renewedAfter(known, holder, first.id);
    expect(await holder.toldAt(first.id)).toBeUndefined();
    expect(await etcd.queued('key', 2)).toEqual(tickets);
    await holder.release(first.id);
    expect((await turn).token).toBeGreaterThan(first.token);
  });

  it.each(NETEM ? [300] : [])(
    'each packet takes %i ms longer: locks are kept and handed over in order',
    async (ms) => {
      const [one, other] = [await workerOn('one'), await workerOn('other')];
      lab.slow('one', ms);
      const first = await one.acquire('key');
      const turn = other.acquire('key');
      await etcd.queued('key', 2);
      const again = one.acquire('key');
      await etcd.queued('key', 3);
      await one.release(first.id);
      const second = await turn;
      await other.release(second.id);
      const third = await again;
      expect(first.token < second.token && second.token < third.token).toBe(
        true,
      );
      expect(await one.toldAt(first.id)).toBeUndefined();
    },
  );
});

describe('between members of a cluster', () => {
  const MEMBERS = ['m1', 'm2', 'm3'];
  beforeEach(() => setUp(...MEMBERS));

  it('who holds by a member that is cut off is told before the majority gives the lock away', async () => {
    const [cutOff, ...majority] = MEMBERS as [string, string, string];
    const holder = await workerOn('one', {
      hosts: [etcd.endpointOf(cutOff)],
    });
    const waiter = await workerOn('other', {
      hosts: majority.map((name) => etcd.endpointOf(name)),
    });
    const first = await holder.acquire('key');
    const turn = waiter.acquire('key');
    await etcd.queued('key', 2);
    // Whoever it talks to goes on talking to it.
    for (const name of majority) lab.cut(cutOff, name);
    const second = await turn;
    const told = await waitUntil(() => holder.toldAt(first.id));
    expect(told).toBeLessThan(second.at);
    expect(second.token).toBeGreaterThan(first.token);

    const again = holder.acquire('key');
    lab.heal();
    await etcd.queued('key', 2, majority[0]);
    await waiter.release(second.id);
    expect((await again).token).toBeGreaterThan(second.token);
  });

  it('the leader is swallowed by the network: who knows the others keeps the lock, and the next gets it', async () => {
    const ttl = 15_000;
    const [holder, waiter] = [
      await workerOn('one', { ttl }),
      await workerOn('other', { ttl }),
    ];
    const first = await holder.acquire('key');
    const turn = waiter.acquire('key');
    await etcd.queued('key', 2);
    const leader = await etcd.leader();
    const rest = MEMBERS.filter((name) => name !== leader);
    for (const name of [...rest, 'one', 'other']) lab.cut(leader, name);
    await renewedAfter(await endOf(holder, first.id), holder, first.id);
    await etcd.queued('key', 2, rest[0]);
    expect(await holder.toldAt(first.id)).toBeUndefined();
    await holder.release(first.id);
    expect((await turn).token).toBeGreaterThan(first.token);
  });
});
