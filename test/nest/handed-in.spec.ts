import { Inject, Injectable } from '@nestjs/common';
import { expect, it } from 'vitest';
import {
  DistributedLock,
  type DistributedLockOptions,
  LockContext,
} from 'nestjs-etcd-lock';
import { contextOf, World } from './support/harness.js';

@Injectable()
class Accounts {
  @DistributedLock((id: string) => `account:${id}`, { waitTimeout: 0 })
  async touch(id: string) {
    return `touched ${id}`;
  }
}

@Injectable()
class Sweeps {
  @Inject(Accounts) readonly accounts!: Accounts;

  @DistributedLock((keys: string[]) => keys)
  async drain(keys: string[]) {
    const touched: string[] = [];
    for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
      touched.push(await this.accounts.touch(key.slice('account:'.length)));
    }
    return touched;
  }

  @DistributedLock((keys: string[]) => keys)
  async grow(keys: string[]) {
    keys.push('account:9');
    return this.accounts.touch('9');
  }

  @DistributedLock((keys: string[]) => keys)
  async claim(keys: string[]) {
    keys.push('account:9');
    LockContext.assertHeld('account:9');
  }
}

it('a locked method may use up the array that its key function returned', async () => {
  const world = new World();
  const app = await contextOf({
    imports: [world.module],
    providers: [Accounts, Sweeps],
  });
  const drained = app.get(Sweeps).drain(['account:1', 'account:2']);
  await expect(drained).resolves.toEqual(['touched 2', 'touched 1']);
});

it('a method does not run without its lock when a method around it extends its array of keys', async () => {
  const world = new World();
  const app = await contextOf({
    imports: [world.module],
    providers: [Accounts, Sweeps],
  });
  const theirs = await world.rival.acquire('account:9');
  const sweeps = app.get(Sweeps);
  await expect(sweeps.grow(['account:1'])).rejects.toMatchObject({
    code: 'LOCK_BUSY',
  });
  await expect(sweeps.claim(['account:1'])).rejects.toMatchObject({
    code: 'LOCK_NOT_HELD',
  });
  expect(theirs.held).toBe(true);
  await theirs.release();
});

it('the options of a method are what they were when the class was defined', async () => {
  const options: { -readonly [Name in keyof DistributedLockOptions]: unknown } =
    { waitTimeout: 0 };
  const keys = ['a', 'b'];
  @Injectable()
  class Jobs {
    @DistributedLock(keys, options as { waitTimeout: 0 })
    async run() {
      return 'ran';
    }
  }
  options.onBusy = 'skip';
  options.ttl = 'never';
  keys.pop();
  const world = new World();
  const app = await contextOf({ imports: [world.module], providers: [Jobs] });
  await expect(app.get(Jobs).run()).resolves.toBe('ran');
  const theirs = await world.rival.acquire('b');
  await expect(app.get(Jobs).run()).rejects.toMatchObject({
    code: 'LOCK_BUSY',
  });
  await theirs.release();
});
