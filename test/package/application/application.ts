import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Controller, Injectable, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CurrentLock,
  DistributedLock,
  EtcdLockModule,
  isLockError,
  type Lock,
  LockContext,
  LockService,
} from 'nestjs-etcd-lock';

@Controller('orders')
class Orders {
  @Post(':id')
  @DistributedLock((id: string) => `order:${id}`, { waitTimeout: 0 })
  async pay(@Param('id') id: string, @CurrentLock() lock?: Lock) {
    return { id, lock: lock?.key };
  }
}

@Injectable()
class Reports {
  // Found by its class, which the compiler writes down, as in most applications.
  constructor(private readonly locks: LockService) {}

  async write(): Promise<string | undefined> {
    return this.locks.withLock('report', async () => this.lockedToo());
  }

  @DistributedLock('report', { waitTimeout: 0 })
  private async lockedToo() {
    return LockContext.current()?.key;
  }
}

const hosts = process.env['ETCD_HOST'];

@Module({
  imports: [
    EtcdLockModule.forRoot(
      hosts === undefined ? { store: 'memory' } : { hosts },
    ),
  ],
  controllers: [Orders],
  providers: [Reports],
})
class AppModule {}

/** What an application says that uses the package in the usual ways. */
export async function useLocks() {
  const app = await NestFactory.create(AppModule, { logger: false });
  try {
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const pay = async () => {
      const url = `http://127.0.0.1:${port}/orders/7`;
      const response = await fetch(url, { method: 'POST' });
      const body = (await response.json()) as { code?: string; lock?: string };
      return [response.status, body.code ?? body.lock];
    };
    const locks = app.get(LockService);
    const held = await locks.acquire('order:7');
    const whileHeld = await pay();
    const asked = locks.acquire('order:7', { waitTimeout: 0 });
    const refused = await asked.catch((error) => error);
    await held.release();
    return {
      whileHeld,
      refused: isLockError(refused, 'LOCK_BUSY'),
      afterwards: await pay(),
      report: await app.get(Reports).write(),
    };
  } finally {
    await app.close();
  }
}

export const expected: Awaited<ReturnType<typeof useLocks>> = {
  whileHeld: [423, 'LOCK_BUSY'],
  refused: true,
  afterwards: [201, 'order:7'],
  report: 'report',
};
