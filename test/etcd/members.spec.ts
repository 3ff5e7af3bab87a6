import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, type EtcdMember, startEtcd } from '../support/etcd.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';
import {
  call,
  everything,
  failure,
  put,
  WatchLog,
  write,
} from './store-calls.js';

let etcd: Etcd;
let proxies: TcpProxy[];
let store: EtcdStore;
beforeEach(async () => {
  etcd = await startEtcd({ members: 3 });
  proxies = await Promise.all(
    etcd.members.map(({ clientPort }) => TcpProxy.start(clientPort)),
  );
  store = new EtcdStore({ hosts: proxies.map(({ endpoint }) => endpoint) });
});
afterEach(async () => {
  await store.close();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await etcd.stop();
});

/** The member the store talks to. */
async function current(): Promise<EtcdMember> {
  await store.transact(write(put('current')), call);
  const used = proxies.findIndex((proxy) => proxy.open > 0);
  expect(proxies.filter((proxy) => proxy.open > 0)).toHaveLength(1);
  return etcd.members[used]!;
}

async function leaderIs(member: EtcdMember): Promise<boolean> {
  const page = await (await fetch(`${member.endpoint}/metrics`)).text();
  return page.includes('etcd_server_is_leader 1');
}

/** Counts the calls that failed before one succeeded. */
async function failures(timeoutMs: number): Promise<number> {
  let count = 0;
  await waitUntil(
    () =>
      store.transact(write(put('a')), { timeoutMs }).then(
        () => true,
        () => {
          count += 1;
        },
      ),
    { what: 'a call that succeeds', timeoutMs: 30_000 },
  );
  return count;
}

describe('a store of three members', () => {
  it('uses one of them until it fails', async () => {
    await current();
    for (let i = 0; i < 10; i++) await current();
    const accepted = proxies.reduce((sum, proxy) => sum + proxy.accepted, 0);
    expect(accepted).toBe(1);
  });

  for (const fate of ['pause', 'kill'] as const) {
    it(`loses one call when that member, a follower, is hit by ${fate}`, async () => {
      let member = await current();
      while (await leaderIs(member)) {
        proxies[etcd.members.indexOf(member)]?.reset();
        await failures(500);
        member = await current();
      }
      const { id } = await store.grantLease(60, call);
      expect(await store.keepAlive(id, call)).toBe(60_000);
      await member[fate]();
      expect(await failures(500)).toBeLessThanOrEqual(1);
      await store.keepAlive(id, { timeoutMs: 500 }).catch(() => {});
      expect(await store.keepAlive(id, { timeoutMs: 500 })).toBe(60_000);
    });
  }

  it('goes on after an election when that member is the leader', async () => {
    let member = await current();
    while (!(await leaderIs(member))) {
      proxies[etcd.members.indexOf(member)]?.reset();
      await failures(500);
      member = await current();
    }
    const { id } = await store.grantLease(60, call);
    member.pause();
    await failures(500);
    const renewed = await waitUntil(() =>
      store.keepAlive(id, { timeoutMs: 500 }),
    );
    expect(renewed).toBe(60_000);
  });
});

describe('a member that has lost the majority', () => {
  it('refuses calls before it does anything, and ends the watches', async () => {
    const member = await current();
    const log = new WatchLog();
    store.watch(everything, log);
    await log.isCreated();
    const others = etcd.members.filter((other) => other !== member);
    await Promise.all(others.map((other) => other.kill()));
    const error = await log.hasEnded(20_000);
    expect(error.message).toContain('no leader');
    expect(error.reason).toBe('unavailable');
    const alone = new EtcdStore({ hosts: member.endpoint });
    const long = { timeoutMs: 20_000 };
    const refused = await failure(alone.transact(write(put('a')), long));
    expect(refused.message).toContain('no leader');
    expect([refused.reason, refused.outcome]).toEqual([
      'unavailable',
      'not-applied',
    ]);
    await alone.close();
    for (const other of others) other.launch();
    await failures(500);
  });
});
