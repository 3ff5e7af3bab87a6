import { Controller, Get, Injectable, Logger, type Type } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  DistributedLock,
  getLockServiceToken,
  LockContext,
  type LockService,
} from 'nestjs-etcd-lock';
import { adapters, contextOf, listen, World } from './support/harness.js';

abstract class Base<T> {
  protected readonly last: T | undefined;

  @DistributedLock('nightly', { waitTimeout: 0 })
  async run(_with?: T): Promise<string> {
    return `ran under ${LockContext.current()?.key}`;
  }
}

function Mixin<B extends abstract new (...args: any[]) => object>(Parent: B) {
  @DistributedLock({ name: 'reports' })
  abstract class Mixed extends Parent {
    @DistributedLock('mixed', { waitTimeout: 0 })
    async mixed() {
      return 'ran';
    }
  }
  return Mixed;
}

@Injectable()
@DistributedLock({ name: 'reports' })
class Reports extends Base<string> {}

@Injectable()
class Deeper extends Reports {
  @DistributedLock('deeper', { waitTimeout: 0 })
  async deeper() {
    return 'ran';
  }
}

@Injectable()
@DistributedLock({ onBusy: () => expect.fail('refused by Deepest') })
class Deepest extends Deeper {}

@Injectable()
class Mixed extends Mixin(Base<number>) {}

@Injectable()
@DistributedLock({ name: 'other' })
class Renamed extends Reports {}

@Injectable()
class Plain extends Base<number> {}

function worldOf(...names: readonly (string | undefined)[]) {
  const world = new World();
  const modules = names.map((name) =>
    world.lockModule({ name, namespace: `of-${name}` }),
  );
  return { world, modules };
}

async function holding(names: readonly (string | undefined)[], type: Type) {
  const { modules } = worldOf(...names);
  const app = await contextOf({ imports: modules, providers: [type] });
  return {
    job: app.get(type),
    hold: (name: string | undefined, key = 'nightly') =>
      app.get<LockService>(getLockServiceToken(name)).acquire(key),
  };
}

describe('an inherited locked method', () => {
  it.each<[string, Type, string]>([
    ['of a subclass', Reports, 'reports'],
    ['of a subclass of that', Deeper, 'reports'],
    ['of a subclass that says something else', Deepest, 'reports'],
    ['of a mixin', Mixed, 'reports'],
    ['of a subclass that names another', Renamed, 'other'],
  ])('%s uses the instance that its class names', async (_, type, name) => {
    const { job, hold } = await holding([undefined, 'reports', 'other'], type);
    const elsewhere = [undefined, 'reports', 'other'].filter(
      (other) => other !== name,
    );
    for (const other of elsewhere) await hold(other);

    await expect(job.run()).resolves.toBe('ran under nightly');
    const lock = await hold(name);
    await expect(job.run()).rejects.toThrow(/held by somebody|refused by/);
    await lock.release();
  });

  it.each<[string, Type, string]>([
    ['a subclass', Reports, 'reports'],
    ['a subclass of that', Deeper, 'reports'],
    ['a mixin', Mixed, 'reports'],
    ['a subclass that names another', Renamed, 'other'],
  ])('of %s needs no other instance', async (_, type, name) => {
    const { job } = await holding([name], type);

    await expect(job.run()).resolves.toBe('ran under nightly');
  });

  it('leaves other classes that inherit it alone', async () => {
    const { modules } = worldOf(undefined, 'reports');
    const app = await contextOf({
      imports: modules,
      providers: [Plain, Reports],
    });
    const locks = app.get<LockService>(getLockServiceToken());
    await using lock = await locks.acquire('nightly');

    expect(lock.held).toBe(true);
    await expect(app.get(Reports).run()).resolves.toContain('ran');
    await expect(app.get(Plain).run()).rejects.toMatchObject({
      code: 'LOCK_BUSY',
    });
  });

  it('adds the options of a class to those of the class above', async () => {
    const { job, hold } = await holding(['reports'], Deepest);
    await hold('reports');

    await expect(job.run()).rejects.toThrow('refused by Deepest');
  });

  it.each(adapters)('counts for handlers on %s', async (adapter) => {
    abstract class Routes {
      @Get()
      @DistributedLock('route', { waitTimeout: 0 })
      async get() {
        return 'ran';
      }
    }
    @Controller('one')
    @DistributedLock({ name: 'reports' })
    class One extends Routes {}
    @Controller('two')
    class Two extends Routes {}
    const { modules } = worldOf(undefined, 'reports');
    const { app, url } = await listen(
      { imports: modules, controllers: [One, Two] },
      adapter,
    );
    await using lock = await app
      .get<LockService>(getLockServiceToken('reports'))
      .acquire('route');

    expect(lock.held).toBe(true);
    expect((await fetch(`${url}/one`)).status).toBe(423);
    expect((await fetch(`${url}/two`)).status).toBe(200);
  });

  it('is refused at start where the options of the classes contradict each other', async () => {
    @Injectable()
    @DistributedLock({ mode: 'shared' })
    class Shared extends Base<string> {}
    @Injectable()
    @DistributedLock({ permits: 3 })
    class Both extends Shared {}

    await expect(
      contextOf({ imports: [new World().module], providers: [Both] }),
    ).rejects.toThrow(/"mode" and "permits" exclude each other/);
  });
});

describe('an override of a locked method', () => {
  async function warnings(...providers: Type[]) {
    const warn = vi.spyOn(Logger.prototype, 'warn');
    onTestFinished(() => warn.mockRestore());
    await contextOf({ imports: [new World().module], providers });
    return warn.mock.calls.map(([line]) => String(line));
  }

  it('without the decorator is told at start', async () => {
    @Injectable()
    class Silent extends Base<string> {
      override async run() {
        return 'without a lock';
      }
    }
    @Injectable()
    class BelowSilent extends Silent {}

    expect(await warnings(Silent, BelowSilent)).toEqual([
      expect.stringMatching(/^Silent\.run runs without a lock: .*Base\.run/),
      expect.stringMatching(/^BelowSilent\.run runs without a lock/),
    ]);
  });

  it('is nothing to tell of where it is decorated, or calls what it overrides', async () => {
    @Injectable()
    class Decorated extends Base<string> {
      @DistributedLock('own')
      override async run() {
        return 'locked';
      }
    }
    @Injectable()
    class Calling extends Base<string> {
      override async run(given?: string) {
        return `more than ${await super.run(given)}`;
      }
    }

    expect(await warnings(Decorated, Calling, Plain)).toEqual([]);
  });
});
