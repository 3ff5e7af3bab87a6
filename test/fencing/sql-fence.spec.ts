import { PGlite } from '@electric-sql/pglite';
import initSqlJs from 'sql.js';
import { describe, expect, it } from 'vitest';
import { isLockError } from '../../lib/core/index.js';
import { sqlFence } from '../../lib/fencing/index.js';
import {
  type Database,
  describeSqlFence,
  RESET,
  TABLE,
} from './sql-fence-cases.js';

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
    reset: async () => void (await db.exec(RESET.join(';'))),
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
    reset: async () => void db.exec(RESET.join(';')),
    close: async () => db.close(),
  };
}

describeSqlFence('PostgreSQL', '$', postgres);
describeSqlFence('SQLite', '?', sqlite);

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

  it('refuses a name that would be another one in the statement', () => {
    let asked = 0;
    const table = {
      toString: () => (asked++ === 0 ? 'accounts' : 'accounts; DROP TABLE x'),
    };
    expect(() => sqlFence({ table: table as never })).toThrow(
      /object cannot be the name of a table/,
    );
  });

  it.each([
    [{ placeholder: ':' }, /"placeholder" must be '\?' or '\$', got ':'/],
    [{ fence: 'token' }, /Unknown option "fence"/],
  ])('refuses the option %j', (options, message) => {
    expect(() =>
      sqlFence({ table: 'accounts', ...(options as object) }),
    ).toThrow(message);
  });
});
