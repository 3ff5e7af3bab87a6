import { PGlite } from '@electric-sql/pglite';
import initSqlJs from 'sql.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isLockError } from '../../lib/core/index.js';
import { sqlFence, type SqlFence } from '../../lib/fencing/index.js';

type Value = bigint | string | number;

/** What the test needs of a database: the number of rows a statement changed, and one number. */
interface Database {
  change(text: string, values: readonly Value[]): Promise<number>;
  balance(): Promise<number>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

const TABLE =
  'CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, fence BIGINT NOT NULL DEFAULT 0)';
const RESET =
  'DELETE FROM accounts; INSERT INTO accounts (id, balance) VALUES (7, 100);';

async function postgres(): Promise<Database> {
  const db = await PGlite.create();
  await db.exec(TABLE);
  return {
    change: async (text, values) =>
      (await db.query(text, [...values])).affectedRows ?? 0,
    balance: async () => {
      const { rows } = await db.query<{ balance: number }>(
        'SELECT balance FROM accounts',
      );
      return rows[0]!.balance;
    },
    reset: async () => void (await db.exec(RESET)),
    close: () => db.close(),
  };
}

async function sqlite(): Promise<Database> {
  const { Database } = await initSqlJs();
  const db = new Database();
  db.run(TABLE);
  return {
    change: async (text, values) => {
      // This driver binds a bigint as text, which the column turns back into a number.
      db.run(
        text,
        values.map((value) => (typeof value === 'bigint' ? `${value}` : value)),
      );
      return db.getRowsModified();
    },
    balance: async () =>
      db.exec('SELECT balance FROM accounts')[0]!.values[0]![0] as number,
    reset: async () => void db.exec(RESET),
    close: async () => db.close(),
  };
}

describe.each([
  ['PostgreSQL', postgres, '$'],
  ['SQLite', sqlite, '?'],
] as const)('sqlFence on %s', (_name, open, placeholder) => {
  let db: Database;
  const fence: SqlFence = sqlFence({ table: 'accounts', placeholder });

  beforeAll(async () => {
    db = await open();
  }, 60_000);

  beforeEach(() => db.reset());

  afterAll(() => db.close());

  const claim = (token: bigint) => {
    const { text, values } = fence.claim(7, token);
    return db.change(text, values);
  };

  const nth = (n: number) => (placeholder === '$' ? `$${n}` : '?');

  const write = (balance: number, token: bigint) =>
    db.change(
      `UPDATE accounts SET balance = ${nth(1)} WHERE id = 7 AND ${fence.condition(2)}`,
      [balance, token],
    );

  it('lets the claimant write', async () => {
    expect(await claim(5n)).toBe(1);
    expect(await write(90, 5n)).toBe(1);
    expect(await db.balance()).toBe(90);
  });

  it('shuts an earlier holder out before the later one has read anything', async () => {
    await claim(5n);
    const readByFirst = await db.balance();
    await claim(9n);
    const readBySecond = await db.balance();

    expect(await write(readByFirst - 10, 5n)).toBe(0);
    expect(await write(readBySecond - 1, 9n)).toBe(1);
    expect(await db.balance()).toBe(99);
  });

  it('refuses a claim with a lower token', async () => {
    await claim(9n);

    expect(await claim(5n)).toBe(0);
  });

  it('accepts the same claim twice', async () => {
    await claim(9n);

    expect(await claim(9n)).toBe(1);
  });

  it('tells tokens apart that a double cannot', async () => {
    await claim(2n ** 53n + 1n);

    expect(await claim(2n ** 53n)).toBe(0);
    expect(await write(1, 2n ** 53n)).toBe(0);
  });
});

describe('a holder that only refuses lower tokens at the write', () => {
  it('loses an acknowledged update, which is why a fence is claimed', async () => {
    const db = await sqlite();
    await db.reset();
    const guardedWrite = (balance: number, token: bigint) =>
      db.change(
        'UPDATE accounts SET balance = ?, fence = ? WHERE id = 7 AND fence <= ?',
        [balance, token, token],
      );
    const readByFirst = await db.balance();
    const readBySecond = await db.balance();

    expect(await guardedWrite(readByFirst - 10, 5n)).toBe(1);
    expect(await guardedWrite(readBySecond - 1, 9n)).toBe(1);

    expect(await db.balance()).toBe(99);
    await db.close();
  });
});

describe('sqlFence', () => {
  it.each(['accounts; DROP TABLE accounts', '', 'a.b.c', '"accounts"'])(
    'refuses %j as the name of a table',
    (table) => {
      expect(() => sqlFence({ table })).toThrow(
        expect.toSatisfy((error: unknown) =>
          isLockError(error, 'LOCK_CONFIGURATION'),
        ) as Error,
      );
    },
  );
});
