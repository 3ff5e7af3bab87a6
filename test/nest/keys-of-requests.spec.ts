import { Controller, Get, Param, Query } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { DistributedLock, fromContext, LockContext } from 'nestjs-etcd-lock';
import { adapters, listen, World } from './support/harness.js';

const query = (name: string) =>
  fromContext((ctx) => ctx.switchToHttp().getRequest().query[name]);

@Controller()
class Shop {
  @Get('argument')
  @DistributedLock((id: string) => id)
  async argument(@Query('id') _id: string) {
    return held();
  }

  @Get('optional')
  @DistributedLock((id?: string) => id!)
  async optional(@Query('id') _id?: string) {
    return held();
  }

  @Get('context')
  @DistributedLock(query('id'))
  async context() {
    return held();
  }

  @Get('fixed-function')
  @DistributedLock(() => '')
  async fixedFunction(@Query('id') _id: string) {
    return held();
  }

  @Get('promise')
  @DistributedLock(
    (id: string) => Promise.reject(new Error(id)) as unknown as string,
  )
  async promise(@Query('id') _id: string) {
    return held();
  }

  @Get('transfer/:from/:to')
  @DistributedLock((from: string, to: string) => [from, to])
  async transfer(@Param('from') _from: string, @Param('to') _to: string) {
    return held();
  }

  @Get('two')
  @DistributedLock('outer', { waitTimeout: 0 })
  @DistributedLock('inner', { waitTimeout: 0 })
  async two() {
    return held();
  }

  @Get('two-by-argument')
  @DistributedLock(() => 'outer', { waitTimeout: 0 })
  @DistributedLock(query('id'), { waitTimeout: 0 })
  async twoByArgument() {
    return held();
  }

  @Get('two-lost')
  @DistributedLock('outer')
  @DistributedLock('inner', { maxHold: 5 })
  async twoLost() {
    await new Promise(() => {});
  }
}

function held() {
  return String(LockContext.current()?.keys);
}

describe.each(adapters)('on %s', (adapter) => {
  async function shop() {
    const world = new World();
    const { url } = await listen(
      { imports: [world.module], controllers: [Shop] },
      adapter,
    );
    return { world, get: (path: string) => fetch(`${url}/${path}`) };
  }

  it.each([
    ['empty', 'argument?id='],
    ['missing', 'argument'],
    ['too long', `argument?id=${'x'.repeat(1100)}`],
    ['missing, and optional for the key function', 'optional'],
    ['missing in the context', 'context'],
    ['too long in the context', `context?id=${'x'.repeat(1100)}`],
  ])('a key from a request that is %s is 400', async (_what, path) => {
    const { get } = await shop();

    const response = await get(path);

    expect(response.status).toBe(400);
    expect(response.headers.get('Retry-After')).toBeNull();
    expect(await response.json()).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      code: 'LOCK_CONFIGURATION',
      message: 'The request names something that cannot be locked.',
    });
  });

  it.each(['fixed-function?id=1', 'promise?id=1'])(
    '%s: a key function that can make no key is 500',
    async (path) => {
      const { get } = await shop();

      expect((await get(path)).status).toBe(500);
    },
  );

  it('a key that is named twice is one key', async () => {
    const { get } = await shop();

    expect(await (await get('transfer/a/b')).text()).toBe('a,b');
    expect(await (await get('transfer/a/a')).text()).toBe('a');
  });

  it.each([
    ['two', 'outer'],
    ['two', 'inner'],
    ['two-by-argument?id=inner', 'outer'],
    ['two-by-argument?id=inner', 'inner'],
  ])('%s: each of two locks is 423 when busy: %s', async (path, key) => {
    const { world, get } = await shop();
    expect(await (await get(path)).text()).toBe('inner');
    await using lock = await world.rival.acquire(key);

    const response = await get(path);

    expect(lock.held).toBe(true);
    expect(response.status).toBe(423);
    expect(await response.json()).toMatchObject({ code: 'LOCK_BUSY' });
    await expect
      .poll(() => world.isHeld(key === 'outer' ? 'inner' : 'outer'))
      .toBe(false);
  });

  it('the inner of two locks is 500 with its code when it is lost', async () => {
    const { get } = await shop();

    const response = await get('two-lost');

    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'LOCK_LOST' });
  });
});
