import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import {
  defer,
  firstValueFrom,
  map,
  Observable,
  of,
  repeat,
  retry,
  take,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { DistributedLock, LockContext, LockService } from 'nestjs-etcd-lock';
import {
  adapters,
  contextOf,
  gate,
  listen,
  loseAll,
  tally,
  World,
} from './support/harness.js';

@Injectable()
class Passing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((value: unknown) => value));
  }
}

async function setUp() {
  const done: string[] = [];
  const { passed, open } = gate();
  @Injectable()
  class Feed {
    @DistributedLock('feed', { waitTimeout: 0 })
    async *numbers(upTo: number) {
      try {
        for (let i = 1; i <= upTo; i += 1) {
          LockContext.assertHeld('feed');
          yield i;
        }
      } finally {
        done.push(`closed, held: ${LockContext.current()?.held}`);
      }
    }

    @DistributedLock('feed')
    async *endless() {
      yield 1;
      await passed;
      yield 2;
    }

    @DistributedLock('feed', { maxHold: 10 })
    async *blocking() {
      const until = performance.now() + 30;
      while (performance.now() < until);
      yield 'too late';
    }

    @DistributedLock('feed', { onBusy: 'skip' })
    async *skipped() {
      yield 1;
    }

    @DistributedLock('feed', { waitTimeout: 0 })
    handed(): Promise<AsyncGenerator<number>> {
      return Promise.resolve(count());
    }

    @DistributedLock('feed', { waitTimeout: 0 })
    handedUntidy(): Promise<AsyncGenerator<number>> {
      async function* untidy() {
        try {
          yield 1;
        } finally {
          await new Promise(setImmediate);
          await Promise.reject(new Error('untidy'));
        }
      }
      return Promise.resolve(untidy());
    }

    @DistributedLock('feed', { waitTimeout: 0 })
    async observed(upTo: number) {
      return defer(() => {
        LockContext.assertHeld('feed');
        return of(...Array.from({ length: upTo }, (_, index) => index + 1));
      });
    }

    @DistributedLock('feed')
    async silent() {
      return new Observable<number>((subscriber) => {
        runs += 1;
        subscriber.next(1);
      });
    }

    @DistributedLock('feed')
    async stubborn() {
      let value = 0;
      const values: AsyncIterableIterator<number> = {
        next: async () => ({ done: false, value: (value += 1) }),
        [Symbol.asyncIterator]: () => values,
      };
      return values;
    }
  }
  let runs = 0;
  const world = new World();
  const app = await contextOf({ imports: [world.module], providers: [Feed] });
  const seen = tally(app.get(LockService).client);
  const lose = () => loseAll(app);
  return {
    world,
    feed: app.get(Feed),
    done,
    open,
    seen,
    lose,
    runs: () => runs,
  };
}

async function* count() {
  yield 1;
  yield 2;
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe('a locked async generator', () => {
  it('holds the lock from its first value to its end', async () => {
    const { world, feed, seen } = await setUp();
    const values = feed.numbers(2);

    expect(await world.isHeld('feed')).toBe(false);
    expect(await values.next()).toEqual({ done: false, value: 1 });
    expect(await world.isHeld('feed')).toBe(true);
    expect(await values.next()).toEqual({ done: false, value: 2 });
    expect(await world.isHeld('feed')).toBe(true);
    expect(await values.next()).toEqual({ done: true, value: undefined });
    expect(await world.isHeld('feed')).toBe(false);
    expect(await values.next()).toEqual({ done: true, value: undefined });
    expect(seen.count('acquired')).toBe(1);
    expect(seen.count('released')).toBe(1);
  });

  it('closes and releases when its consumer leaves', async () => {
    const { world, feed, done } = await setUp();

    for await (const value of feed.numbers(5)) if (value === 2) break;

    expect(done).toEqual(['closed, held: true']);
    expect(await world.isHeld('feed')).toBe(false);
  });

  it('takes no lock when it is never asked', async () => {
    const { feed, seen } = await setUp();

    await feed.numbers(2).return(undefined);

    expect(seen.count('acquired')).toBe(0);
  });

  it('passes on an error thrown into it, and releases', async () => {
    const { world, feed } = await setUp();
    const values = feed.numbers(2);
    await values.next();
    const error = new Error('of the consumer');

    await expect(values.throw(error)).rejects.toBe(error);
    expect(await world.isHeld('feed')).toBe(false);
  });

  it('fails when the lock is lost, and yields nothing after that', async () => {
    const { feed, open, lose } = await setUp();
    const values = feed.endless();
    await values.next();

    const next = values.next();
    void lose();
    await expect(next).rejects.toMatchObject({ code: 'LOCK_LOST' });
    open();
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });

  it('yields nothing that was made after the loss', async () => {
    const { feed } = await setUp();

    await expect(feed.blocking().next()).rejects.toMatchObject({
      code: 'LOCK_LOST',
    });
  });

  it('is busy at its first value', async () => {
    const { world, feed } = await setUp();
    await using lock = await world.rival.acquire('feed');

    expect(lock.held).toBe(true);
    await expect(feed.numbers(1).next()).rejects.toMatchObject({
      code: 'LOCK_BUSY',
    });
    expect(await collect(feed.skipped())).toEqual([]);
  });
});

describe('an async iterator that a locked method resolves to', () => {
  it('keeps the lock until it has ended', async () => {
    const { world, feed } = await setUp();
    const values = await feed.handed();

    expect(await world.isHeld('feed')).toBe(true);
    expect(await collect(values)).toEqual([1, 2]);
    expect(await world.isHeld('feed')).toBe(false);
  });

  it('yields nothing after a loss, whatever the iterator does', async () => {
    const { feed, lose } = await setUp();
    const values = await feed.stubborn();
    await values.next();
    await lose();

    await expect(values.next()).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });

  it('gives the lock up when nobody reads it at once', async () => {
    const { world, feed, done } = await setUp();
    const values = await feed.handed();

    await new Promise(setImmediate);

    expect(await world.isHeld('feed')).toBe(false);
    await expect(values.next()).rejects.toMatchObject({
      code: 'LOCK_NOT_HELD',
    });
    expect(await values.next()).toEqual({ done: true, value: undefined });
    expect(done).toEqual([]);
  });

  it('releases the lock when it is closed unread', async () => {
    const { world, feed } = await setUp();
    const values = await feed.handed();

    await values.return(undefined);

    expect(await world.isHeld('feed')).toBe(false);
  });
  it('is closed by `await using`, and the lock is free after the block', async () => {
    const { world, feed } = await setUp();
    {
      await using values = await feed.handed();
      await values.next();
      expect(await world.isHeld('feed')).toBe(true);
    }

    expect(await world.isHeld('feed')).toBe(false);
  });

  it('tells whoever disposes of it of an error in its end', async () => {
    const { world, feed } = await setUp();
    const values = await feed.handedUntidy();
    await values.next();

    await expect(values[Symbol.asyncDispose]()).rejects.toThrow('untidy');
    expect(await world.isHeld('feed')).toBe(false);
  });
});

describe('an Observable that a locked method resolves to', () => {
  it('keeps the lock until its subscription has ended', async () => {
    const { world, feed, seen } = await setUp();
    const values = await feed.observed(3);

    expect(await world.isHeld('feed')).toBe(true);
    const numbers: number[] = [];
    await values.forEach((value) => numbers.push(value));

    expect(numbers).toEqual([1, 2, 3]);
    expect(await world.isHeld('feed')).toBe(false);
    expect(seen.count('released')).toBe(1);
  });

  it('releases the lock when it is unsubscribed', async () => {
    const { feed, world } = await setUp();
    const values = await feed.silent();

    await firstValueFrom(values.pipe(take(1)));

    await expect.poll(() => world.isHeld('feed')).toBe(false);
  });

  it('gives the lock up when nobody subscribes at once', async () => {
    const { feed, world, runs, seen } = await setUp();
    const values = await feed.silent();

    await new Promise(setImmediate);

    expect(await world.isHeld('feed')).toBe(false);
    await expect(firstValueFrom(values)).rejects.toMatchObject({
      code: 'LOCK_NOT_HELD',
    });
    expect(runs()).toBe(0);
    expect(seen.count('released')).toBe(1);
  });

  it.each([
    ['repeat', repeat(2), []],
    ['retry', retry(1), ['first']],
  ] as const)(
    'fails when it is to %s, for the lock is gone',
    async (_how, again, thrown) => {
      const { feed } = await setUp();
      const values = (await feed.observed(1)).pipe(
        map((value) => {
          if (thrown.length > 0) throw new Error(thrown[0]);
          return value;
        }),
        again,
      );

      const seen: unknown[] = [];
      await expect(
        values.forEach((value) => void seen.push(value)),
      ).rejects.toMatchObject({ code: 'LOCK_NOT_HELD' });
      expect(seen).toEqual(thrown.length > 0 ? [] : [1]);
    },
  );

  it('does not run again without the lock', async () => {
    const { feed, runs } = await setUp();
    const values = await feed.silent();
    await firstValueFrom(values);

    await expect(firstValueFrom(values)).rejects.toMatchObject({
      code: 'LOCK_NOT_HELD',
    });
    expect(runs()).toBe(1);
  });

  it('keeps the lock while one of its subscriptions goes on', async () => {
    const { feed, world } = await setUp();
    const values = await feed.silent();
    const subscription = values.subscribe();

    await firstValueFrom(values);
    await new Promise(setImmediate);
    expect(await world.isHeld('feed')).toBe(true);

    subscription.unsubscribe();
    await expect.poll(() => world.isHeld('feed')).toBe(false);
  });

  it('fails when the lock is lost', async () => {
    const { feed, lose } = await setUp();
    const values = await feed.silent();

    const all = values.forEach(() => {});
    void lose();

    await expect(all).rejects.toMatchObject({ code: 'LOCK_LOST' });
  });
});

describe.each(adapters)('on %s', (adapter) => {
  it('a handler may hand on the Observable of a locked method', async () => {
    @Injectable()
    class Feed {
      @DistributedLock('feed')
      async values() {
        return defer(async () => `held: ${await world.isHeld('feed')}`);
      }
    }
    @Controller()
    class Feeds {
      constructor(@Inject(Feed) private readonly feed: Feed) {}

      @Get()
      plain() {
        return this.feed.values();
      }

      @Get('intercepted')
      @UseInterceptors(Passing)
      async intercepted() {
        return (await this.feed.values()).pipe(map((value) => value));
      }
    }
    const world = new World();
    const { url } = await listen(
      { imports: [world.module], controllers: [Feeds], providers: [Feed] },
      adapter,
    );

    for (const path of ['', 'intercepted']) {
      const response = await fetch(`${url}/${path}`);
      expect(await response.text()).toBe('held: true');
    }
    expect(await world.isHeld('feed')).toBe(false);
  });
});
