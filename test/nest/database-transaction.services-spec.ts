import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  Post,
  Req,
  UseInterceptors,
} from '@nestjs/common';
import {
  createPool,
  type Pool,
  type PoolConnection,
  type RowDataPacket,
} from 'mysql2/promise';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DistributedLock, LockService } from 'nestjs-etcd-lock';
import { startMariadb } from '../support/mariadb.js';
import { adapters, listen, World } from './support/harness.js';

const STOCK = 1_000;
const BUYERS = 40;

interface WithConnection {
  db: PoolConnection;
}

let server: Awaited<ReturnType<typeof startMariadb>>;
let pool: Pool;

beforeAll(async () => {
  server = await startMariadb();
  const { socketPath } = server;
  pool = createPool({ socketPath, connectionLimit: 8 });
  await pool.query('CREATE DATABASE shop');
  await pool.query('CREATE TABLE shop.items (id INTEGER, stock INTEGER)');
});

beforeEach(async () => {
  await pool.query('DELETE FROM shop.items');
  await pool.query('INSERT INTO shop.items VALUES (1, ?)', [STOCK]);
});

afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

async function stock(db: Pool | PoolConnection = pool): Promise<number> {
  const [rows] = await db.query<RowDataPacket[]>(
    'SELECT stock FROM shop.items WHERE id = 1',
  );
  return rows[0]!['stock'] as number;
}

/** A transaction of the database around the handler. */
@Injectable()
class Transaction implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(
      this.around(context.switchToHttp().getRequest<WithConnection>(), next),
    );
  }

  private async around(
    request: WithConnection,
    next: CallHandler,
  ): Promise<unknown> {
    const db = await pool.getConnection();
    request.db = db;
    await db.beginTransaction();
    try {
      const result: unknown = await lastValueFrom(next.handle());
      await db.commit();
      return result;
    } catch (error) {
      await db.rollback();
      throw error;
    } finally {
      db.release();
    }
  }
}

/** Reads, then writes what it made of that: two at a time lose a sale. */
async function sell({ db }: WithConnection): Promise<void> {
  const left = await stock(db);
  await db.query('UPDATE shop.items SET stock = ? WHERE id = 1', [left - 1]);
}

@Controller()
class Shop {
  constructor(@Inject(LockService) private readonly locks: LockService) {}

  @Post('decorated')
  @DistributedLock('item', { waitTimeout: '60s' })
  @UseInterceptors(Transaction)
  async decorated(@Req() request: WithConnection): Promise<void> {
    await sell(request);
  }

  @Post('failing')
  @UseInterceptors(Transaction)
  @DistributedLock('item')
  async failing(@Req() request: WithConnection): Promise<void> {
    await sell(request);
    throw new Error('after the sale');
  }

  /** What the decorator is there to prevent: the lock ends before the transaction does. */
  @Post('inside')
  @UseInterceptors(Transaction)
  async inside(@Req() request: WithConnection): Promise<void> {
    await this.locks.withLock('item', { waitTimeout: '60s' }, () =>
      sell(request),
    );
  }
}

describe.each(adapters)('a transaction of a database, on %s', (adapter) => {
  /** Sales by two instances of the shop, all at once. */
  async function sales(path: string): Promise<number[]> {
    const world = new World();
    const shop = () => ({
      imports: [world.lockModule()],
      controllers: [Shop],
    });
    const instances = [
      await listen(shop(), adapter),
      await listen(shop(), adapter),
    ];
    return Promise.all(
      Array.from({ length: BUYERS }, async (_, buyer) => {
        const { url } = instances[buyer % 2]!;
        const answer = await fetch(`${url}/${path}`, { method: 'POST' });
        return answer.status;
      }),
    );
  }

  it('is committed before the lock is released: no sale is lost', async () => {
    const statuses = await sales('decorated');

    expect(statuses).toEqual(Array<number>(BUYERS).fill(201));
    expect(await stock()).toBe(STOCK - BUYERS);
  });

  it('is rolled back when the method fails', async () => {
    const statuses = await sales('failing');

    expect(statuses).toEqual(Array<number>(BUYERS).fill(500));
    expect(await stock()).toBe(STOCK);
  });

  it('that outlives a lock taken by hand inside it loses sales', async () => {
    await sales('inside');

    expect(await stock()).toBeGreaterThan(STOCK - BUYERS);
  });
});
