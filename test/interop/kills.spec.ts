import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HolderProgram } from '../support/holder-program.js';
import { LockWorld } from '../support/lock-world.js';
import { waitUntil } from '../support/wait-until.js';
import { PAIRS, sceneOf } from './support/scene.js';

/** Of those who are killed; short, and yet none of them loses it on a busy machine. */
const TTL_SECONDS = 6;

let world: LockWorld;
beforeAll(async () => {
  world = await LockWorld.start();
});
afterAll(() => world.stop());

// They wait for leases to end, which costs nothing but time.
describe.concurrent.each(PAIRS)('$title and we', (pair) => {
  /** Resolves once a ticket is gone; as long as it is there, nobody who waits may come in. */
  async function gone(
    ticket: string,
    { tickets }: ReturnType<typeof sceneOf>,
    hasEntered: () => boolean,
  ): Promise<void> {
    const when = await waitUntil(
      async () => {
        const entered = hasEntered();
        const there = (await tickets()).includes(ticket);
        if (there && entered) return 'while it was there';
        return !there && 'later';
      },
      { what: `${ticket} to end`, timeoutMs: 40_000 },
    );
    expect(when).toBe('later');
  }

  /** A minute is long: an operator's command stands in for the end of such a lease. */
  async function endLongLease(ticket: string): Promise<void> {
    if (pair.rival.takesTtl) return;
    await world.etcd.etcdctl('lease', 'revoke', leaseOf(ticket).toString(16));
  }

  const leaseOf = (ticket: string) =>
    BigInt(`0x${/\/([0-9a-f]+)[^/]*$/.exec(ticket)![1]}`);

  const held = (program: HolderProgram) => () => program.held;

  it('come in after a holder of theirs was killed, once its lease is over', async (context) => {
    const scene = sceneOf(world, pair, context);
    const first = scene.theirs(TTL_SECONDS);
    await first.holds();
    let entered = false;
    const turn = scene.ours().finally(() => (entered = true));
    const [ticket] = await scene.queued(2);
    await first.kill();
    await scene.trips();
    expect(entered).toBe(false);
    await endLongLease(ticket!);
    await gone(ticket!, scene, () => entered);
    await (await turn).leave();
    expect(await world.leases()).not.toContain(leaseOf(ticket!));
  });

  it('let them in after a holder of ours was killed, once its lease is over', async (context) => {
    const scene = sceneOf(world, pair, context);
    const worker = await world.worker({ ttl: TTL_SECONDS * 1_000 });
    await worker.acquire(scene.key);
    const next = scene.theirs();
    const [ticket] = await scene.queued(2);
    await worker.process.kill();
    await gone(ticket!, scene, held(next));
    await next.holds();
    await next.release();
  });

  it('close ranks when one of theirs is killed while it waits', async (context) => {
    const scene = sceneOf(world, pair, context);
    const first = await scene.ours();
    const gap = scene.theirs(TTL_SECONDS);
    const [, ticket] = await scene.queued(2);
    let entered = false;
    const turn = scene.ours().finally(() => (entered = true));
    await scene.queued(3);
    await gap.kill();
    await endLongLease(ticket!);
    await first.leave();
    await gone(ticket!, scene, () => entered);
    await (await turn).leave();
  });

  it('have them close ranks when one of ours is killed while it waits', async (context) => {
    const scene = sceneOf(world, pair, context);
    const first = await scene.ours();
    const worker = await world.worker({ ttl: TTL_SECONDS * 1_000 });
    worker.acquire(scene.key, { waitTimeout: '1h' }).catch(() => {});
    const [, ticket] = await scene.queued(2);
    const next = scene.theirs();
    await scene.queued(3);
    await worker.process.kill();
    await first.leave();
    await gone(ticket!, scene, held(next));
    await next.holds();
    await next.release();
  });
});
