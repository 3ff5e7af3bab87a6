import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { freePort } from '../support/free-port.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';
import {
  call,
  everything,
  metric,
  put,
  WatchLog,
  write,
} from './store-calls.js';

describe('watches', () => {
  let etcd: Etcd;
  let proxy: TcpProxy;
  let store: EtcdStore;
  beforeEach(async () => {
    etcd = await startEtcd();
    proxy = await TcpProxy.start(etcd.member.clientPort);
    store = new EtcdStore({ hosts: proxy.endpoint });
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
    await etcd.stop();
  });

  const watchers = () => metric(etcd, 'etcd_debugging_mvcc_watcher_total');
  const streams = () => metric(etcd, 'etcd_debugging_mvcc_watch_stream_total');
  const opened = () => metric(etcd, 'grpc_server_started_total', '"Watch"');
  const has = (number: () => Promise<number>, wanted: number) =>
    waitUntil(async () => (await number()) === wanted, {
      what: `${wanted} in etcd's metrics`,
    });

  async function watching(): Promise<WatchLog> {
    const log = new WatchLog();
    store.watch(everything, log);
    return log.isCreated();
  }

  it('are created on one stream without waiting for each other', async () => {
    await watching();
    proxy.freeze('to-client');
    const logs = Array.from({ length: 100 }, () => new WatchLog());
    for (const log of logs) store.watch(everything, log);
    // etcd has all of them while not one reply has come back.
    await has(watchers, 101);
    expect(logs.flatMap((log) => log.createdAt)).toEqual([]);
    proxy.unfreeze();
    for (const log of logs) await log.isCreated();
    await store.transact(write(put('a')), call);
    await waitUntil(() => logs.every((log) => log.keys.includes('t/a')));
    expect(await streams()).toBe(1);
  });

  it('end once each when the connection is cut, and miss nothing in silence', async () => {
    const logs = [await watching(), await watching()];
    proxy.reset();
    for (const log of logs) {
      const { reason, outcome } = await log.hasEnded();
      expect([reason, outcome]).toEqual(['unavailable', 'not-applied']);
    }
    const next = await watching();
    await store.transact(write(put('a')), call);
    await waitUntil(() => next.keys.includes('t/a'));
    expect(logs.map((log) => log.endings.length)).toEqual([1, 1]);
    expect(logs.flatMap((log) => log.heard)).toEqual([]);
  });

  it('are created again right after a cut, as often as that happens', async () => {
    for (let round = 0; round < 5; round++) {
      const log = new WatchLog();
      const ended: Promise<void> = new Promise((resolve) => {
        store.watch(everything, {
          created(revision) {
            log.created(revision);
            proxy.reset();
          },
          events: (events) => log.events(events),
          ended(error) {
            log.ended(error);
            resolve();
          },
        });
      });
      await ended;
      expect(log.createdAt).toHaveLength(1);
      expect(log.endings).toHaveLength(1);
    }
  });

  it('end, but not from inside the call, when nobody listens', async () => {
    await proxy.refuse();
    proxy.reset();
    const log = new WatchLog();
    store.watch(everything, log);
    expect(log.endings).toEqual([]);
    const error = await log.hasEnded();
    expect(error.reason).toBe('unavailable');
    await proxy.accept();
    await waitUntil(() => store.grantLease(5, call).then(() => true));
    await watching();
  });

  it('leave nothing behind in etcd once they are cancelled', async () => {
    const before = new WatchLog();
    store.watch(everything, before).cancel();
    const log = new WatchLog();
    const watch = store.watch(everything, log);
    await log.isCreated();
    await has(watchers, 1);
    watch.cancel();
    await has(watchers, 0);
    expect(before.createdAt).toEqual([]);
    expect(log.endings).toEqual([]);
    expect(await opened()).toBe(1);
  });

  it('move to a new connection when one of them was silent', async () => {
    const other = await watching();
    const silent = new WatchLog();
    const watch = store.watch(everything, silent);
    await silent.isCreated();
    proxy.freeze();
    watch.cancel('silent');
    const next = await watching();
    await other.hasEnded();
    expect(other.endings).toHaveLength(1);
    expect(silent.endings).toEqual([]);
    await store.transact(write(put('a')), call);
    await waitUntil(() => next.keys.includes('t/a'));
    expect(proxy.accepted).toBe(2);
  });

  it('end by themselves when the connection died unnoticed', async () => {
    const log = await watching();
    proxy.freeze();
    // A call that times out gives the connection up; what still runs on it is not cut off.
    await store.grantLease(5, { timeoutMs: 200 }).catch(() => {});
    expect(log.endings).toEqual([]);
    const { reason } = await log.hasEnded(20_000);
    expect(reason).toBe('unavailable');
  });

  it('outlive a listener that throws, whose own watch ends', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const other = await watching();
    const broken = new WatchLog();
    broken.events = () => {
      throw new Error('listener');
    };
    store.watch(everything, broken);
    await broken.isCreated();
    for (const name of ['a', 'b']) await store.transact(write(put(name)), call);
    await waitUntil(() => other.keys.includes('t/b'));
    await has(watchers, 1);
    expect(broken.endings.map(({ reason }) => reason)).toEqual(['unknown']);
    expect(other.endings).toEqual([]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0]?.[0])).toContain('listener');
    warn.mockRestore();
  });

  it('end in silence when their listener cancels them and throws', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const other = await watching();
    const broken = new WatchLog();
    broken.events = () => {
      watch.cancel();
      throw new Error('listener');
    };
    const watch = store.watch(everything, broken);
    await broken.isCreated();
    for (const name of ['a', 'b']) await store.transact(write(put(name)), call);
    await waitUntil(() => other.keys.includes('t/b'));
    await has(watchers, 1);
    expect(broken.endings).toEqual([]);
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});

it('a watch without any server ends with unavailable', async () => {
  const store = new EtcdStore({
    hosts: `http://127.0.0.1:${await freePort()}`,
  });
  const log = new WatchLog();
  store.watch(everything, log);
  expect((await log.hasEnded()).reason).toBe('unavailable');
  await store.close();
  expect(log.endings).toHaveLength(1);
});
