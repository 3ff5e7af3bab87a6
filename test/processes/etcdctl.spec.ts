import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EtcdctlLock, etcdctlLock } from '../support/etcdctl-lock.js';
import { LockWorld } from '../support/lock-world.js';

// Nothing is looked at again before a wait times out: every hand-over has to be heard of.
const TTL = '60s';

describe('locks shared with etcdctl', () => {
  let world: LockWorld;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(() => world.leave());
  afterAll(() => world.stop());

  const locks = () => world.locks({ ttl: TTL });

  /** As its users are told: the name that our own side prints, without the slash at its end. */
  const nameOf = (key: string) => world.locks().etcdName(key).slice(0, -1);

  const lockWithEtcdctl = (key: string, ttlSeconds?: number): EtcdctlLock =>
    etcdctlLock(
      world.etcd.endpoints,
      nameOf(key),
      ttlSeconds === undefined ? {} : { ttlSeconds },
    );

  /** What etcdctl tells the program that it runs under the lock. */
  async function revisionOfEtcdctl(key: string): Promise<bigint> {
    const command = ['sh', '-c', 'echo $ETCD_LOCK_REV'];
    const name = nameOf(key);
    return BigInt(await world.etcd.etcdctl('lock', '--', name, ...command));
  }

  it('wait while etcdctl holds', async () => {
    const theirs = lockWithEtcdctl('theirs');
    await theirs.holds();
    expect(await locks().tryAcquire('theirs')).toBeNull();
    const turn = locks().acquire('theirs');
    await world.queued('theirs', 2);
    await theirs.release();
    await (await turn).release();
  });

  it('wait for etcdctl also when they could be shared', async () => {
    const theirs = lockWithEtcdctl('shared');
    await theirs.holds();
    for (const terms of [{ mode: 'shared' }, { permits: 3 }] as const) {
      expect(await locks().tryAcquire('shared', terms)).toBeNull();
    }
    await theirs.release();
  });

  it('keep etcdctl waiting while they are held', async () => {
    const lock = await locks().acquire('ours');
    const theirs = lockWithEtcdctl('ours');
    await world.queued('ours', 2);
    expect(theirs.held).toBe(false);
    await lock.release();
    await theirs.holds();
    expect(await locks().tryAcquire('ours')).toBeNull();
    await theirs.release();
  });

  it('have keys that etcdctl can lock whatever they are made of', async () => {
    const key = 'a/b %c';
    const theirs = lockWithEtcdctl(key);
    await theirs.holds();
    expect(await locks().tryAcquire(key)).toBeNull();
    await theirs.release();
  });

  it('serve a mixed queue in its order, also when one of it is killed', async () => {
    const served: string[] = [];
    const first = lockWithEtcdctl('mixed');
    await first.holds();
    const second = locks().acquire('mixed');
    await world.queued('mixed', 2);
    const third = lockWithEtcdctl('mixed', 2);
    await world.queued('mixed', 3);
    const fourth = locks().acquire('mixed');
    await world.queued('mixed', 4);
    const fifth = locks().acquire('mixed');
    await world.queued('mixed', 5);
    void second.then(() => served.push('second'));
    void third.holds(60_000).then(() => served.push('third'));
    void fourth.then(() => served.push('fourth'));
    void fifth.then(() => served.push('fifth'));

    await first.release();
    await (await second).release();
    await third.holds();
    await third.kill();
    await (await fourth).release();
    await (await fifth).release();
    expect(served).toEqual(['second', 'third', 'fourth', 'fifth']);
  });

  it('give tokens that grow across both kinds of holders', async () => {
    const tokens: bigint[] = [];
    for (let round = 0; round < 3; round++) {
      const lock = await locks().acquire('tokens');
      tokens.push(lock.fencingToken);
      // Both wait in the queue, so that nobody's own place says when it was served.
      const theirs = revisionOfEtcdctl('tokens');
      await world.queued('tokens', 2);
      const turn = locks().acquire('tokens');
      await world.queued('tokens', 3);
      await lock.release();
      tokens.push(await theirs, (await turn).fencingToken);
      await (await turn).release();
      tokens.push(await revisionOfEtcdctl('tokens'));
    }
    const sorted = [...tokens].sort((one, other) => (one < other ? -1 : 1));
    expect(tokens).toEqual(sorted);
    expect(new Set(tokens).size).toBe(tokens.length);
  });
});
