import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from 'vitest';
import { LockWorld, type Participant } from '../support/lock-world.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';

// A second look is due only when a wait of the default length has long timed out.
const TTL = '60s';

describe('on a connection that breaks', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterAll(() => world.stop());

  let proxy: TcpProxy;
  let client: Participant;
  beforeEach(async () => {
    proxy = await TcpProxy.start(world.etcd.member.clientPort);
    client = world.participant({ hosts: [proxy.endpoint], ttl: TTL });
    // Its session is open before anything goes wrong.
    await (await client.locks.acquire('before')).release();
  });
  afterEach(async () => {
    // Otherwise closing would wait for answers that cannot come.
    proxy.reset();
    await world.leave();
    await proxy.close();
  });

  const gone = (key: string) =>
    waitUntil(async () => (await world.names(`locks/${key}/`)).length === 0);

  /** Cuts the connection; whoever tries again is refused until `heal`. */
  async function cut(): Promise<void> {
    await proxy.refuse();
    proxy.reset();
  }

  it('acquire takes one ticket when the reply is lost', async () => {
    proxy.drop('to-client');
    const turn = client.locks.acquire('acquire');
    const tickets = await world.queued('acquire', 1);
    proxy.reset();
    const lock = await turn;
    expect(lock.held).toBe(true);
    expect(await world.queued('acquire', 1)).toEqual(tickets);
    await lock.release();
    expect(await world.names('locks/acquire/')).toEqual([]);
  });

  it('tryAcquire takes its own ticket for its own when the reply is lost', async () => {
    proxy.drop('to-client');
    const trying = client.locks.tryAcquire('try');
    await world.queued('try', 1);
    proxy.reset();
    const lock = await trying;
    expect(lock?.held).toBe(true);
    await lock!.release();
    expect(await world.names('locks/try/')).toEqual([]);
  });

  it('release is a release when the reply is lost', async () => {
    let working = false;
    const result = client.locks.withLock('release', () => {
      working = true;
      proxy.drop('to-client');
      return 'done';
    });
    await waitUntil(() => working);
    await gone('release');
    const next = await world.locks({ ttl: TTL }).acquire('release');
    proxy.reset();
    expect(await result).toBe('done');
    expect(next.held).toBe(true);
    expect(await world.queued('release', 1)).toHaveLength(1);
  });

  it('release reaches etcd when the request is lost', async () => {
    const lock = await client.locks.acquire('request');
    proxy.drop('to-server');
    const released = lock.release();
    expect(lock.held).toBe(false);
    await waitUntil(() => client.store.calls.at(-1)!.answer === undefined);
    expect(await world.queued('request', 1)).toHaveLength(1);
    proxy.reset();
    await released;
    expect(await world.names('locks/request/')).toEqual([]);
  });

  it('a waiter gives up cleanly when the reply to its ticket is lost', async () => {
    const lock = await world.locks({ ttl: TTL }).acquire('give up');
    proxy.drop('to-client');
    const controller = new AbortController();
    const { signal } = controller;
    const told = expect(
      client.locks.acquire('give up', { signal }),
    ).rejects.toBe('enough');
    await world.queued('give up', 2);
    controller.abort('enough');
    proxy.reset();
    await told;
    expect(await world.queued('give up', 1)).toHaveLength(1);
    await lock.release();
  });

  it('a waiter gets its turn although it could not hear of it', async () => {
    const lock = await world.locks({ ttl: TTL }).acquire('deaf');
    const turn = client.locks.acquire('deaf');
    await waitUntil(() => client.store.watchesCreated > 0);
    await cut();
    await lock.release();
    await proxy.accept();
    expect((await turn).fencingToken).toBeGreaterThan(lock.fencingToken);
  });

  it('a waiter gets its turn when the cut comes right after the watch was created', async () => {
    const lock = await world.locks({ ttl: TTL }).acquire('created');
    let broken = false;
    client.store.onWatchCreated = () => {
      if (!broken) void cut();
      broken = true;
    };
    const turn = client.locks.acquire('created');
    await waitUntil(() => broken);
    await lock.release();
    await proxy.accept();
    expect((await turn).fencingToken).toBeGreaterThan(lock.fencingToken);
  });

  it('a waiter gets its turn when its connection has died unnoticed', async () => {
    const lock = await world.locks({ ttl: TTL }).acquire('dead');
    // It looks a second time before the first ping is due.
    const waiter = world.participant({ hosts: [proxy.endpoint], ttl: '3s' });
    const turn = waiter.locks.acquire('dead', { waitTimeout: '1m' });
    await waitUntil(() => waiter.store.watchesCreated > 0);
    proxy.drop();
    await lock.release();
    expect((await turn).fencingToken).toBeGreaterThan(lock.fencingToken);
  });
});
