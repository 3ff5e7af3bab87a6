import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type NestInterceptor,
  Query,
  type PipeTransform,
  Scope,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { catchError, concatMap, from, type Observable, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  CurrentLock,
  DistributedLock,
  DistributedLockInterceptor,
  fromContext,
  type Lock,
  LockContext,
  LockService,
} from 'nestjs-etcd-lock';
import { adapters, listen, tally, World } from './support/harness.js';

let log: string[] = [];

async function say(what: string): Promise<void> {
  log.push(`${what}, lock held: ${LockContext.current()?.held ?? false}`);
}

async function commit(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  await say('commit');
}

/** Like those that commit when the handler has succeeded, and roll back when it has not. */
@Injectable()
class Transaction implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    void say('begin');
    return next.handle().pipe(
      catchError((error) => {
        log.push(`rollback for ${error.code}`);
        return throwError(() => error);
      }),
      concatMap((value) => from(commit().then(() => value))),
    );
  }
}

@Controller()
class Orders {
  constructor(@Inject(LockService) private readonly locks: LockService) {}

  @Get('above')
  @DistributedLock('order')
  @UseInterceptors(Transaction)
  async above() {
    await say('method');
  }

  @Get('below')
  @UseInterceptors(Transaction)
  @DistributedLock('order')
  async below() {
    await say('method');
  }

  @Get('argument')
  @UseInterceptors(Transaction)
  @DistributedLock((id: string) => id)
  async argument(@Query('id') _id: string) {
    await say('method');
  }

  @Get('lost')
  @UseInterceptors(Transaction)
  @DistributedLock('order')
  async lost() {
    void this.locks.client.releaseAll();
    await new Promise(() => {});
  }

  @Get('busy')
  @UseInterceptors(Transaction)
  @DistributedLock('busy', { waitTimeout: 0 })
  async busy() {
    await say('method');
  }
}

@UseInterceptors(Transaction)
@Controller('outside')
class OutsideOrders {
  @Get()
  @DistributedLock('order')
  async order() {
    await say('method');
  }
}

@UseInterceptors(DistributedLockInterceptor, Transaction)
@Controller('inside')
class InsideOrders {
  @Get()
  @DistributedLock('order')
  async order() {
    await say('method');
  }

  @Get('argument')
  @DistributedLock(() => 'order')
  async argument() {
    await say('method');
  }

  @Get('free')
  async free() {
    await say('method');
  }
}

async function orders(
  adapter: (typeof adapters)[number],
  providers: object[] = [],
) {
  log = [];
  const world = new World();
  const { app, url } = await listen(
    {
      imports: [world.module],
      controllers: [Orders, OutsideOrders, InsideOrders],
      providers: providers as [],
    },
    adapter,
  );
  const seen = tally(app.get(LockService).client);
  app.get(LockService).client.subscribe(({ type }) => {
    if (type === 'released') log.push('released');
  });
  return { world, seen, get: (path: string) => fetch(`${url}/${path}`) };
}

describe.each(adapters)('on %s', (adapter) => {
  it.each(['above', 'below', 'inside'])(
    '%s: a transaction commits before the release',
    async (path) => {
      const { get, seen } = await orders(adapter);

      expect((await get(path)).status).toBe(200);

      expect(log).toEqual([
        'begin, lock held: true',
        'method, lock held: true',
        'commit, lock held: true',
        'released',
      ]);
      expect(seen.count('acquired')).toBe(1);
    },
  );

  it.each(['argument?id=order', 'inside/argument'])(
    '%s: a transaction begins before the lock, and commits before its release',
    async (path) => {
      const { get } = await orders(adapter);

      expect((await get(path)).status).toBe(200);

      expect(log).toEqual([
        'begin, lock held: false',
        'method, lock held: true',
        expect.stringMatching(/^commit/),
        'released',
      ]);
    },
  );

  it('an interceptor of the controller is outside the lock', async () => {
    const { get } = await orders(adapter);

    expect((await get('outside')).status).toBe(200);

    expect(log.slice(0, 2)).toEqual([
      'begin, lock held: false',
      'method, lock held: true',
    ]);
  });

  it('named as a global interceptor it takes one lock, of locked handlers only', async () => {
    const { get, seen } = await orders(adapter, [
      { provide: APP_INTERCEPTOR, useClass: DistributedLockInterceptor },
    ]);

    await get('outside');
    expect(log).toEqual([
      'begin, lock held: true',
      'method, lock held: true',
      'commit, lock held: true',
      'released',
    ]);
    expect(seen.count('acquired')).toBe(1);

    await get('inside/free');
    expect(seen.count('acquired')).toBe(1);
  });

  it('a transaction hears of a lost lock and rolls back', async () => {
    const { get } = await orders(adapter);

    expect((await get('lost')).status).toBe(500);

    await expect.poll(() => log).toContain('rollback for LOCK_LOST');
    expect(log).not.toContain('commit, lock held: false');
  });

  it('a transaction is not begun when the lock is busy', async () => {
    const { world, get } = await orders(adapter);
    await using lock = await world.rival.acquire('busy');

    expect(lock.held).toBe(true);
    expect((await get('busy')).status).toBe(423);
    expect(log).toEqual([]);
  });

  it('a fixed key is locked before pipes, one from arguments after them', async () => {
    const heldInPipe: boolean[] = [];
    const world = new World();
    class Upper implements PipeTransform<string> {
      async transform(value: string) {
        heldInPipe.push(await world.isHeld('ID'));
        return value.toUpperCase();
      }
    }
    @Controller()
    class Piped {
      @Get('fixed')
      @DistributedLock('ID')
      async fixed(@Query('id', Upper) _id: string) {
        return world.isHeld('ID');
      }

      @Get('argument')
      @DistributedLock((id: string) => id)
      async argument(@Query('id', Upper) _id: string) {
        return world.isHeld('ID');
      }
    }
    const { url } = await listen(
      { imports: [world.module], controllers: [Piped] },
      adapter,
    );

    expect(await (await fetch(`${url}/fixed?id=id`)).json()).toBe(true);
    expect(await (await fetch(`${url}/argument?id=id`)).json()).toBe(true);
    expect(heldInPipe).toEqual([true, false]);
  });

  it('a pipe that refuses releases the lock', async () => {
    const world = new World();
    class Refusing implements PipeTransform<string> {
      transform(): never {
        throw new Error('no');
      }
    }
    @Controller()
    class Piped {
      @Get()
      @DistributedLock('key')
      async run(@Query('id', Refusing) _id: string) {}
    }
    const { url } = await listen(
      { imports: [world.module], controllers: [Piped] },
      adapter,
    );

    expect((await fetch(url)).status).toBe(500);
    expect(await world.isHeld('key')).toBe(false);
  });

  it('a key can be made from the request', async () => {
    const world = new World();
    @Controller()
    class Carts {
      @Get()
      @DistributedLock(
        fromContext(
          (ctx) => `cart:${ctx.switchToHttp().getRequest().headers['x-user']}`,
        ),
      )
      async cart(@CurrentLock() lock?: Lock) {
        return lock?.key;
      }
    }
    const { url } = await listen(
      { imports: [world.module], controllers: [Carts] },
      adapter,
    );

    const response = await fetch(url, { headers: { 'x-user': 'ada' } });

    expect(await response.text()).toBe('cart:ada');
  });

  it('a key from the request needs one', async () => {
    @Injectable()
    class Job {
      @DistributedLock(fromContext(() => 'key'))
      async run() {}
    }
    const { app } = await listen(
      { imports: [new World().module], providers: [Job] },
      adapter,
    );

    await expect(app.get(Job).run()).rejects.toThrow(
      /^Job\.run makes its lock key from the execution context/,
    );
  });

  it('a handler is given its lock among its other parameters', async () => {
    @Controller()
    class Lent {
      @Get('fixed')
      @DistributedLock('key')
      async fixed(@CurrentLock() lock: Lock, @Query('id') id: string) {
        return `${id} ${lock.key} ${lock.held}`;
      }

      @Get('argument')
      @DistributedLock((_lock: Lock | undefined, id: string) => id)
      async argument(
        @CurrentLock() lock: Lock | undefined,
        @Query('id') id: string,
      ) {
        return `${id} ${lock?.key} ${lock?.held}`;
      }
    }
    const { url } = await listen(
      { imports: [new World().module], controllers: [Lent] },
      adapter,
    );

    for (const [path, text] of [
      ['fixed', 'a key true'],
      ['argument', 'a a true'],
    ]) {
      const response = await fetch(`${url}/${path}?id=a`);
      expect(await response.text()).toBe(text);
    }
  });

  it('a request-scoped controller is locked, in a named instance too', async () => {
    const world = new World();
    @Controller({ scope: Scope.REQUEST })
    class Scoped {
      @Get('fixed')
      @DistributedLock('key', { name: 'second', waitTimeout: 0 })
      async fixed() {
        return 'ran';
      }

      @Get('argument')
      @DistributedLock(() => 'key', { name: 'second', waitTimeout: 0 })
      async argument() {
        return 'ran';
      }
    }
    const { url } = await listen(
      {
        imports: [
          new World().module,
          world.lockModule({ name: 'second', isGlobal: false }),
        ],
        controllers: [Scoped],
      },
      adapter,
    );
    expect(await (await fetch(`${url}/fixed`)).text()).toBe('ran');
    await using lock = await world.rival.acquire('key');

    expect(lock.held).toBe(true);
    expect((await fetch(`${url}/fixed`)).status).toBe(423);
    expect((await fetch(`${url}/argument`)).status).toBe(423);
  });

  it('requests for one key take turns, over two applications', async () => {
    let running = 0;
    let most = 0;
    @Controller()
    class Turns {
      @Get()
      @DistributedLock('turn')
      async take() {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setTimeout(resolve, 2));
        running -= 1;
      }
    }
    const world = new World();
    const [one, two] = await Promise.all(
      [1, 2].map(() =>
        listen(
          { imports: [world.lockModule()], controllers: [Turns] },
          adapter,
        ),
      ),
    );

    const responses = await Promise.all(
      [1, 2, 3, 4].flatMap(() => [fetch(one!.url), fetch(two!.url)]),
    );

    expect(responses.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(most).toBe(1);
  });
});
