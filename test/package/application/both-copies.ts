import 'reflect-metadata';
import { deepStrictEqual, notStrictEqual, ok, rejects } from 'node:assert';
import { createRequire } from 'node:module';
import type { Lock, LockService } from 'nestjs-etcd-lock';

// At once: each of them imports what the other is about to evaluate.
const [
  { ConsoleLogger, Controller, Get, Module },
  { NestFactory },
  imported,
  memory,
] = await Promise.all([
  import('@nestjs/common'),
  import('@nestjs/core'),
  import('nestjs-etcd-lock'),
  import('nestjs-etcd-lock/memory'),
]);
type Copy = typeof imported & typeof memory;
const require = createRequire(import.meta.url);
const esm: Copy = { ...imported, ...memory };
const cjs: Copy = {
  ...require('nestjs-etcd-lock'),
  ...require('nestjs-etcd-lock/memory'),
};

/** An application with the module of `one` copy, whose methods the `other` locks. */
async function mix(one: Copy, other: Copy): Promise<void> {
  @Controller()
  @one.DistributedLock({ waitTimeout: 0 })
  class Handlers {
    constructor(@other.InjectLockService() readonly locks: LockService) {}

    @Get('handled')
    @other.DistributedLock(one.fromContext(() => 'key'))
    async handled() {
      return this.nested();
    }

    @other.DistributedLock('key')
    async nested(@one.CurrentLock() lock?: Lock) {
      return this.locks.withLock('key', { waitTimeout: 0 }, async () => [
        lock?.key,
        one.LockContext.current()?.key,
        other.LockContext.current()?.key,
      ]);
    }
  }

  @Module({
    imports: [one.EtcdLockModule.forRoot({ store: 'memory' })],
    controllers: [Handlers],
  })
  class AppModule {}

  const reported: unknown[] = [];
  const logger = new ConsoleLogger();
  logger.log = logger.warn = () => {};
  logger.debug = (line) => reported.push(line);
  const app = await NestFactory.create(AppModule, { logger });
  try {
    await app.listen(0, '127.0.0.1');
    deepStrictEqual(
      reported.filter((line) => /Handlers\.(handled|nested)/.test(`${line}`))
        .length,
      2,
      'the start-up report has both methods',
    );
    const url = `${await app.getUrl()}/handled`;
    const locks = app.get(one.LockService);
    deepStrictEqual(
      await (await fetch(url)).json(),
      ['key', 'key', 'key'],
      'inside, everybody sees the lock, and it is re-entrant',
    );
    deepStrictEqual(
      await locks.withLock('key', async () => app.get(Handlers).nested()),
      ['key', 'key', 'key'],
      'the decorator re-enters what withLock holds',
    );
    const lock = await locks.acquire('key');
    const busy = await fetch(url);
    const { code } = (await busy.json()) as { code?: string };
    deepStrictEqual(
      [busy.status, code],
      [423, 'LOCK_BUSY'],
      'the error reaches the client',
    );
    await rejects(app.get(Handlers).nested(), (error) => {
      ok(other.isLockError(error, 'LOCK_BUSY'));
      ok(!(error instanceof other.LockError));
      return true;
    });
    await lock.release();
  } finally {
    await app.close();
  }
}

/** Two clients are two owners, of whichever copies they and their stores are. */
async function exclude(one: Copy, other: Copy): Promise<void> {
  const store = new one.MemoryStore();
  const a = new one.LockClient({ store });
  const b = new other.LockClient({ store });
  await a.withLock('key', async () => {
    deepStrictEqual(await b.tryAcquire('key'), null);
  });
  await (await b.acquire('key')).release();
  await store.close();
  await rejects(
    b.acquire('key'),
    (error) =>
      one.isLockError(error, 'LOCK_STORE') && error.outcome === 'not-applied',
  );
  await a.close();
  await b.close();
}

notStrictEqual(esm.LockService, cjs.LockService);
for (const [one, other] of [
  [esm, cjs],
  [cjs, esm],
] as const) {
  await mix(one, other);
  await exclude(one, other);
}
console.log('as expected');
