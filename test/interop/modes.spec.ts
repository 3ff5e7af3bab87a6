import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  type TestContext,
} from 'vitest';
import type { AcquireOptions } from '../../lib/core/index.js';
import { LockWorld } from '../support/lock-world.js';
import { LOCKS } from './support/rivals.js';

const TTL = '10m';

const TERMS: readonly (readonly [string, AcquireOptions])[] = [
  ['readers', { mode: 'shared' }],
  ['holders of permits', { permits: 2 }],
];

let world: LockWorld;
beforeAll(async () => {
  world = await LockWorld.start();
});
afterAll(() => world.stop());

describe.concurrent.each(LOCKS)('beside $title', (rival) => {
  function scene({ onTestFinished, task }: TestContext) {
    const key = `${rival.title}: ${task.name}`;
    const name = world.locks().etcdName(key).slice(0, -1);
    const [endpoint] = world.etcd.endpoints as [string];
    return {
      key,
      theirs() {
        const program = rival.start(endpoint, name, 600);
        onTestFinished(() => program.kill());
        return program;
      },
      queued: (count: number) => world.queued(key, count),
    };
  }

  it.for(TERMS)(
    'our %s are inside together, and they alone, each in its turn',
    async ([, terms], context) => {
      const { key, theirs, queued } = scene(context);
      const options = { ...terms, waitTimeout: Infinity };
      const take = () => world.locks({ ttl: TTL }).acquire(key, options);
      const [one, two] = [await take(), await take()];
      const next = theirs();
      await queued(3);
      let later = false;
      const last = take().finally(() => (later = true));
      await queued(4);

      await one.release();
      await queued(3);
      expect([next.held, later]).toEqual([false, false]);
      await two.release();
      await next.holds();
      expect(later).toBe(false);
      expect(await world.locks().tryAcquire(key, terms)).toBeNull();
      await next.release();
      expect((await last).fencingToken).toBeGreaterThan(two.fencingToken);
      await (await last).release();
    },
  );
});
