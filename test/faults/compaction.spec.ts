import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LockWorld } from '../support/lock-world.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';

// A second look is due only when a wait of the default length has long timed out.
const TTL = '60s';

describe('when etcd forgets its past while somebody waits', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  async function compact(): Promise<void> {
    // Old revisions are only those before the last change.
    await world.etcd.etcdctl('put', 'something', 'else');
    const revision = await world.revision();
    await world.etcd.etcdctl('compaction', '--physical', `${revision}`);
  }

  it('the waiter still gets its turn', async () => {
    const lock = await world.locks({ ttl: TTL }).acquire('wide');
    const turn = world.locks({ ttl: TTL }).acquire('wide');
    await world.queued('wide', 2);
    await compact();
    await lock.release();
    expect((await turn).fencingToken).toBeGreaterThan(lock.fencingToken);
  });

  it('everybody in a long queue still gets a turn, in order', async () => {
    const clients = Array.from({ length: 12 }, () => world.locks({ ttl: TTL }));
    const turns = [];
    for (const [place, locks] of clients.entries()) {
      turns.push(locks.acquire('long', { waitTimeout: '30s' }));
      await world.queued('long', place + 1);
    }
    const tokens: bigint[] = [];
    for (const turn of turns) {
      const lock = await turn;
      tokens.push(lock.fencingToken);
      await compact();
      await lock.release();
    }
    expect(tokens).toEqual([...tokens].sort((a, b) => (a < b ? -1 : 1)));
  });

  it('the waiter gets its turn also when its connection broke meanwhile', async () => {
    const proxy = await TcpProxy.start(world.etcd.member.clientPort);
    const lock = await world.locks({ ttl: TTL }).acquire('broken');
    const hosts = [proxy.endpoint];
    const { locks, store } = world.participant({ ttl: TTL, hosts });
    const turn = locks.acquire('broken');
    await waitUntil(() => store.watchesCreated > 0);
    await proxy.refuse();
    proxy.reset();
    await lock.release();
    await compact();
    await proxy.accept();
    expect((await turn).fencingToken).toBeGreaterThan(lock.fencingToken);
    await world.leave();
    await proxy.close();
  });
});
