import type { ExecutionContext } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { describe, expectTypeOf, test } from 'vitest';
import {
  type BusyInfo,
  type BusyPolicy,
  DistributedLock,
  EtcdLockModule,
  fromContext,
  isLockError,
  type Lock,
  LockService,
  type LockTimeoutError,
  type StoreErrorInfo,
} from 'nestjs-etcd-lock';

interface Order {
  readonly sku: string;
}

declare const anyPolicy: BusyPolicy;

interface Entity {
  readonly id: string;
}

describe('@DistributedLock in a generic class', () => {
  test('takes key functions of what the type parameters extend', () => {
    abstract class Crud<T extends Entity, K extends string = string> {
      @DistributedLock((one: T) => one.id)
      async own(_one: T): Promise<void> {}

      @DistributedLock((one: Entity) => one.id)
      async save(_one: T): Promise<void> {}

      @DistributedLock((one: Entity) => one.id)
      async update(one: T, _with: Partial<T>): Promise<T> {
        return one;
      }

      @DistributedLock((key: string) => key)
      async get(_key: K): Promise<T | undefined> {
        return undefined;
      }

      @DistributedLock((key: string) => key, { onBusy: 'skip' })
      async poll(_key: K): Promise<T | undefined> {
        return undefined;
      }

      @DistributedLock((key: string) => key, { onBusy: () => null })
      async find(_key: K): Promise<T | null> {
        return null;
      }

      @DistributedLock((some: readonly Entity[]) => some.map(({ id }) => id))
      async saveAll(some: readonly T[]): Promise<readonly T[]> {
        return some;
      }
    }
    expectTypeOf(Crud).not.toBeAny();
  });

  test('refuses what goes beyond that', () => {
    abstract class Failing<T extends Entity, K extends string> {
      declare readonly key: K;

      // @ts-expect-error not every entity has a name
      @DistributedLock((one: Entity & { name: string }) => one.name)
      async save(_one: T): Promise<void> {}

      // @ts-expect-error a key is no number
      @DistributedLock((key: number) => `${key}`)
      async get(_key: K): Promise<void> {}

      // @ts-expect-error the argument can be undefined
      @DistributedLock((one: Entity) => one.id)
      async optional(_one?: T): Promise<void> {}

      // @ts-expect-error more parameters than the method has
      @DistributedLock((one: Entity, key: string) => one.id + key)
      async more(_one: T): Promise<void> {}

      // @ts-expect-error what is skipped is undefined
      @DistributedLock((one: Entity) => one.id, { onBusy: 'skip' })
      async skip(one: T): Promise<T> {
        return one;
      }

      // @ts-expect-error not what the method returns
      @DistributedLock((one: Entity) => one.id, { onBusy: () => null })
      async fallback(one: T): Promise<T> {
        return one;
      }

      // @ts-expect-error not asynchronous
      @DistributedLock((one: Entity) => one.id)
      sync(one: T): T {
        return one;
      }
    }
    expectTypeOf(Failing).not.toBeAny();
  });
});

describe('@DistributedLock', () => {
  test('takes key functions of the parameters of the method', () => {
    class Fitting {
      @DistributedLock('fixed')
      async fixed() {}

      @DistributedLock(['a', 'b'])
      async several() {}

      @DistributedLock((id: string) => `order:${id}`)
      async same(_id: string) {}

      @DistributedLock((id: string) => id)
      async fewer(_id: string, _more: number) {}

      @DistributedLock((order: { sku: string }) => [order.sku, 'all'])
      async wider(_order: Order) {}

      @DistributedLock(() => 'none')
      async none(_id: string) {}

      @DistributedLock((...ids: string[]) => ids)
      async rest(..._ids: string[]) {}

      @DistributedLock((id?: string) => id ?? 'none')
      async optional(_id?: string) {}

      @DistributedLock(fromContext((ctx) => ctx.getClass().name))
      async context(_id: number) {}
    }
    class Failing {
      // @ts-expect-error a parameter without a type is not any
      @DistributedLock((id) => `order:${id}`)
      async untyped(_id: string) {}

      // @ts-expect-error nor is the second one
      @DistributedLock((a: string, b) => `${a}:${b}`)
      async untypedSecond(_a: string, _b: string) {}

      // @ts-expect-error nor are the rest
      @DistributedLock((...ids) => ids)
      async untypedRest(..._ids: string[]) {}

      // @ts-expect-error another type
      @DistributedLock((id: number) => `order:${id}`)
      async another(_id: string) {}

      // @ts-expect-error more parameters than the method has
      @DistributedLock((a: string, b: string) => a + b)
      async more(_a: string) {}

      // @ts-expect-error the argument can be undefined
      @DistributedLock((id: string) => id)
      async optional(_id?: string) {}

      // @ts-expect-error the key can be undefined
      @DistributedLock((id?: string) => id)
      async noKey(_id?: string) {}

      // @ts-expect-error a key is no number
      @DistributedLock(7)
      async number() {}

      // @ts-expect-error the key of a context is no number
      @DistributedLock(fromContext((_ctx: ExecutionContext) => 7))
      async contextNumber() {}
    }
    expectTypeOf<Fitting>().not.toEqualTypeOf<Failing>();
  });

  test('stands on methods that return later', () => {
    abstract class Fitting {
      @DistributedLock('key')
      async promise() {
        return 1;
      }

      @DistributedLock('key')
      maybe(): Promise<number> | number {
        return 1;
      }

      @DistributedLock('key')
      like(): PromiseLike<number> {
        return this.promise();
      }

      @DistributedLock('key')
      async *generator() {
        yield 1;
      }

      @DistributedLock('key')
      observable(): Observable<number> {
        throw new Error();
      }

      @DistributedLock('key')
      any(): any {}
    }
    class Failing {
      // @ts-expect-error callers would be handed a promise of the number
      @DistributedLock('key')
      number() {
        return 1;
      }

      // @ts-expect-error nobody would await it
      @DistributedLock('key')
      nothing() {}

      // @ts-expect-error callers would be handed a promise of the array
      @DistributedLock('key')
      array(): string[] {
        return [];
      }
    }
    expectTypeOf<Fitting>().not.toEqualTypeOf<Failing>();
  });

  test("with 'skip' stands on methods whose result can be undefined", () => {
    class Fitting {
      @DistributedLock('key', { onBusy: 'skip' })
      async nothing() {}

      @DistributedLock('key', { onBusy: 'skip', onStoreError: 'skip' })
      async perhaps(): Promise<number | undefined> {
        return 1;
      }

      @DistributedLock('key', { onBusy: 'skip' })
      async *generator() {
        yield 1;
      }

      @DistributedLock('key', { onBusy: 'skip' })
      observable(): Observable<number | undefined> {
        throw new Error();
      }

      @DistributedLock('key', { onBusy: 'throw' })
      async surely() {
        return 1;
      }
    }
    class Failing {
      // @ts-expect-error callers do not expect undefined
      @DistributedLock('key', { onBusy: 'skip' })
      async surely() {
        return 1;
      }

      // @ts-expect-error callers do not expect undefined
      @DistributedLock('key', { onStoreError: 'skip' })
      async surelyToo() {
        return 1;
      }

      // @ts-expect-error subscribers do not expect undefined
      @DistributedLock('key', { onBusy: 'skip' })
      observable(): Observable<number> {
        throw new Error();
      }

      // @ts-expect-error it could be 'skip'
      @DistributedLock('key', { onBusy: anyPolicy })
      async unknown() {
        return 1;
      }
    }
    expectTypeOf<Fitting>().not.toEqualTypeOf<Failing>();
  });

  test('with a function returns what the method returns', () => {
    class Fitting {
      @DistributedLock('key', {
        onBusy: (info) => {
          expectTypeOf(info).toEqualTypeOf<BusyInfo>();
          return 0;
        },
        onStoreError: async (info) => {
          expectTypeOf(info).toEqualTypeOf<StoreErrorInfo>();
          return 0;
        },
      })
      async number() {
        return 1;
      }

      @DistributedLock('key', {
        onBusy: ({ error }) => {
          throw error;
        },
      })
      async throwing() {
        return 1;
      }
    }
    class Failing {
      // @ts-expect-error callers do not expect a string
      @DistributedLock('key', { onBusy: () => 'none' })
      async number() {
        return 1;
      }

      // @ts-expect-error callers do not expect a string
      @DistributedLock('key', { onStoreError: async () => 'none' })
      async numberToo() {
        return 1;
      }
    }
    expectTypeOf<Fitting>().not.toEqualTypeOf<Failing>();
  });

  test('knows its options', () => {
    class Failing {
      // @ts-expect-error misspelt
      @DistributedLock('key', { onBusy: 'throw', waitTimout: 5 })
      async misspelt() {}

      // @ts-expect-error no duration
      @DistributedLock('key', { ttl: 'soon' })
      async wrong() {}
    }
    // @ts-expect-error what a call yields is a matter of the method
    @DistributedLock({ onBusy: 'skip' })
    class Defaults {}
    // @ts-expect-error the same
    @DistributedLock({ onStoreError: () => 'fallback' })
    class Fallbacks {}
    // @ts-expect-error one job of many
    @DistributedLock({ sticky: true })
    class Sticky {}
    @DistributedLock({ ttl: '30s', waitTimeout: '1m', name: 'second' })
    class Fitting {}
    @DistributedLock({
      onBusy: ({ error }) => {
        throw error;
      },
    })
    class Throwing {
      @DistributedLock('job', { onBusy: 'skip', sticky: true })
      async job() {}
    }
    expectTypeOf<Failing | Defaults | Fallbacks>().not.toBeNever();
    expectTypeOf<Sticky | Fitting | Throwing>().not.toBeNever();
  });
});

describe('EtcdLockModule', () => {
  test('knows its options', () => {
    EtcdLockModule.forRoot({ hosts: ['http://a:1'], ttl: '15s', name: 'x' });
    const auth = { username: 'a', password: 'b' };
    EtcdLockModule.forRoot({ hosts: 'http://a:1', auth });
    EtcdLockModule.forRootAsync({ useFactory: () => ({ store: 'memory' }) });
    // @ts-expect-error misspelt
    EtcdLockModule.forRoot({ host: 'http://a:1' });
    // @ts-expect-error no such store
    EtcdLockModule.forRoot({ store: 'disk' });
  });
});

describe('LockService', () => {
  test('gives what the work gives', () => {
    const use = (locks: LockService) => {
      const work = (lock: Lock) => lock.fencingToken;
      expectTypeOf(locks.withLock('a', work)).toEqualTypeOf<Promise<bigint>>();
      expectTypeOf(locks.withLock('a', {}, async () => 'x')).toEqualTypeOf<
        Promise<string>
      >();
      expectTypeOf(locks.tryAcquire('a')).toEqualTypeOf<Promise<Lock | null>>();
    };
    expectTypeOf(use).toBeFunction();
  });

  test('tells errors by code', () => {
    const read = (error: unknown) => {
      if (isLockError(error, 'LOCK_TIMEOUT')) {
        expectTypeOf(error).toEqualTypeOf<LockTimeoutError>();
      }
    };
    expectTypeOf(read).toBeFunction();
  });
});
