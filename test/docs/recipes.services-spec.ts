import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { type Job, type Queue, QueueEvents } from 'bullmq';
import { createConnection } from 'mysql2/promise';
import { DataSource } from 'typeorm';
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  onTestFinished,
} from 'vitest';
import { startMariadb } from '../support/mariadb.js';
import { startRedis } from '../support/redis.js';
import { aWhile, Overlap } from './support/overlap.js';
import { RecipeStage } from './support/recipe-stage.js';

let stage: RecipeStage;
beforeAll(async () => {
  stage = await RecipeStage.open();
});
afterAll(() => stage?.close());

describe('a transaction of TypeORM under a lock', () => {
  let server: Awaited<ReturnType<typeof startMariadb>>;
  beforeAll(async () => {
    server = await startMariadb();
    const { socketPath } = server;
    const connection = await createConnection({ socketPath });
    await connection.query('CREATE DATABASE bank');
    await connection.end();
  });
  afterAll(() => server?.stop());

  interface Transfers {
    transfer(from: number, to: number, amount: number): Promise<void>;
  }

  async function bank() {
    const the = await stage.recipe('transfers.ts');
    const open = async (synchronize: boolean) => {
      const database = new DataSource({
        type: 'mariadb',
        socketPath: server.socketPath,
        database: 'bank',
        entities: [the('Account')],
        dropSchema: synchronize,
        synchronize,
      });
      await database.initialize();
      onTestFinished(() => database.destroy());
      return database;
    };
    const databases = [await open(true), await open(false)];
    const accounts = databases[0]!.getRepository<{
      id: number;
      balance: number;
    }>(the('Account'));
    await accounts.save([1, 2, 3].map((id) => ({ id, balance: 100 })));
    const instances = await Promise.all(
      databases.map(async (useValue) => {
        const app = await stage.application({
          providers: [the('Transfers'), { provide: DataSource, useValue }],
        });
        await app.init();
        return app.get<Transfers>(the('Transfers'));
      }),
    );
    const balances = async () =>
      (await accounts.find({ order: { id: 'ASC' } })).map((a) => a.balance);
    return { instances, balances };
  }

  it('loses no transfer of two instances, in whichever direction', async () => {
    const { instances, balances } = await bank();

    await Promise.all(
      Array.from({ length: 60 }, (_, n) => {
        const from = (n % 3) + 1;
        const to = n % 2 === 0 ? (from % 3) + 1 : ((from + 1) % 3) + 1;
        return instances[n % 2]!.transfer(from, to, 1);
      }),
    );

    expect(await balances()).toEqual(expectedBalances());
  });

  it('changes nothing when the work fails', async () => {
    const { instances, balances } = await bank();

    await expect(instances[0]!.transfer(1, 2, 101)).rejects.toThrow(
      'not enough money',
    );
    expect(await balances()).toEqual([100, 100, 100]);
  });

  function expectedBalances(): number[] {
    const balances = [100, 100, 100];
    for (let n = 0; n < 60; n++) {
      const from = (n % 3) + 1;
      const to = n % 2 === 0 ? (from % 3) + 1 : ((from + 1) % 3) + 1;
      balances[from - 1]! -= 1;
      balances[to - 1]! += 1;
    }
    return balances;
  }
});

describe('a processor of BullMQ', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  it('books the refunds of an order one after the other, over two workers', async () => {
    const the = await stage.recipe('refund-processor.ts');
    const booked: string[] = [];
    const perOrder = new Map(['a', 'b'].map((id) => [id, new Overlap()]));
    const overall = new Overlap();
    const ledger = {
      isBooked: async (id: string) => booked.includes(id),
      book: (id: string, { orderId }: { orderId: string }) =>
        overall.during(() =>
          perOrder.get(orderId)!.during(async () => {
            await aWhile();
            booked.push(id);
          }),
        ),
    };
    const connection = { host: '127.0.0.1', port: redis.port };
    const worker = async () => {
      const app = await stage.application({
        imports: [
          BullModule.forRoot({ connection }),
          BullModule.registerQueue({ name: 'refunds' }),
        ],
        providers: [
          the('RefundProcessor'),
          { provide: the('Ledger'), useValue: ledger },
        ],
      });
      return app.init();
    };
    const [app] = [await worker(), await worker()];
    const events = new QueueEvents('refunds', { connection });
    await events.waitUntilReady();
    onTestFinished(() => events.close());

    const queue = app.get<Queue>(getQueueToken('refunds'));
    queue.setMaxListeners(0); // one for each job that is awaited
    const jobs: Job[] = await queue.addBulk(
      Array.from({ length: 20 }, (_, n) => ({
        name: 'refund',
        data: { orderId: n % 2 ? 'a' : 'b', amount: 1 },
      })),
    );
    await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));

    expect(booked).toHaveLength(20);
    expect(new Set(booked).size).toBe(20);
    expect([...perOrder.values()].map(({ most }) => most)).toEqual([1, 1]);
    expect(overall.most).toBe(2);
  });
});
