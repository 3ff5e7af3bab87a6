import {
  Controller,
  Inject,
  Injectable,
  Module,
  Param,
  Post,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  DistributedLock,
  EtcdLockModule,
  getLockServiceToken,
  LockLostError,
  LockService,
  LockStoreError,
  LockTimeoutError,
} from 'nestjs-etcd-lock';
import { TestLocks } from 'nestjs-etcd-lock/testing';

@Injectable()
class Payments {
  async charge(_id: string) {
    return 'paid';
  }
}

@Controller('orders')
class Orders {
  constructor(@Inject(Payments) private readonly payments: Payments) {}

  @Post(':id')
  @DistributedLock((id: string) => `order:${id}`)
  async pay(@Param('id') id: string) {
    return this.payments.charge(id);
  }
}

@Injectable()
class Reports {
  @DistributedLock('report', { onBusy: 'skip', minHold: '30s' })
  async nightly() {}
}

class Ledger {
  constructor(private readonly locks: LockService) {}

  close(month: string) {
    return this.locks.withLock(`ledger:${month}`, () => {});
  }
}

@Module({
  imports: [
    EtcdLockModule.forRootAsync({
      useFactory: () => ({ hosts: 'http://127.0.0.1:1', namespace: 'shop/' }),
    }),
  ],
  controllers: [Orders],
  providers: [Payments],
})
class AppModule {}

async function shop() {
  const locks = new TestLocks();
  const app = await Test.createTestingModule({
    imports: [locks.module()],
    providers: [Orders, Payments],
  }).compile();
  const orders = app.get(Orders);
  await app.init();
  onTestFinished(() => app.close());
  return { locks, app, orders };
}

describe('the locks for tests of applications', () => {
  it('tell whether a lock was taken, and held', async () => {
    const { locks, app, orders } = await shop();
    app.get(Payments).charge = locks.heldDuring('order:42', async () => 'paid');

    await expect(orders.pay('42')).resolves.toBe('paid');

    expect(locks.timesTaken('order:42')).toBe(1);
    expect(await locks.isHeld('order:42')).toBe(false);
  });

  it('can be busy', async () => {
    const { locks, orders } = await shop();
    // prettier-ignore
    {
      const other = await locks.holdElsewhere('order:42');

      const refused = expect(orders.pay('42')).rejects.toThrow(LockTimeoutError);
      await locks.advance('10s');
      await refused;

      const waiting = orders.pay('42');
      await other.release();
      await expect(waiting).resolves.toBe('paid');
    }
  });

  it('can be lost', async () => {
    const { locks, app, orders } = await shop();
    app.get(Payments).charge = () => new Promise(() => {});

    const payment = orders.pay('42');
    await locks.until('acquired');

    const lost = expect(payment).rejects.toThrow(LockLostError);
    await locks.lose('order:42');
    await lost;
  });

  it('stand in for those of a whole application', async () => {
    const locks = new TestLocks();
    const module = await locks
      .override(Test.createTestingModule({ imports: [AppModule] }))
      .compile();
    const app = module.createNestApplication();
    await app.listen(0);
    onTestFinished(() => app.close());

    await using other = await locks.holdElsewhere('order:42');

    const answer = fetch(`${await app.getUrl()}/orders/42`, { method: 'POST' });
    await locks.until('waiting');
    await locks.advance('10s');

    expect((await answer).status).toBe(423);
    expect(other.held).toBe(true);
  });

  it('are shared by the instances of an application', async () => {
    const locks = new TestLocks();
    const [one, two] = await Promise.all(
      [1, 2].map(() =>
        Test.createTestingModule({
          imports: [locks.module()],
          providers: [Reports],
        }).compile(),
      ),
    );

    await one!.get(Reports).nightly();
    await two!.get(Reports).nightly();

    expect(locks.timesTaken('report')).toBe(1);
    await Promise.all([one!.close(), two!.close()]);
  });

  it('fail as etcd does', async () => {
    const { locks, orders } = await shop();
    const outage = locks.store.refuse({ times: Infinity });

    const failed = expect(orders.pay('42')).rejects.toThrow(LockStoreError);
    await locks.advance('10s');
    await failed;

    outage.lift();
    await expect(orders.pay('42')).resolves.toBe('paid');
  });

  it('may be mocked, where nothing is to be locked', async () => {
    const released: string[] = [];
    const service = {
      acquire: async (key: string) => ({
        release: async () => void released.push(key),
      }),
    };
    const app = await Test.createTestingModule({
      providers: [
        Orders,
        Payments,
        { provide: getLockServiceToken(), useValue: service },
      ],
    }).compile();

    await expect(app.get(Orders).pay('42')).resolves.toBe('paid');
    expect(released).toEqual(['order:42']);
  });

  it('work without Nest', async () => {
    const locks = new TestLocks();
    const ledger = new Ledger(locks.service());

    await ledger.close('2026-09');

    expect(locks.timesTaken('ledger:2026-09')).toBe(1);
  });
});
