import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sqlFence, type SqlFence } from '../../lib/fencing/index.js';

export type Value = bigint | string | number;

/** What the test needs of a database: the number of rows a statement changed, and one number. */
export interface Database {
  change(text: string, values: readonly Value[]): Promise<number>;
  balance(): Promise<number>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const TABLE =
  'CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, fence BIGINT NOT NULL DEFAULT 0)';
export const RESET = [
  'DELETE FROM accounts',
  'INSERT INTO accounts (id, balance) VALUES (7, 100)',
];

/** What a fence has to do on every database. */
export function describeSqlFence(
  name: string,
  placeholder: '$' | '?',
  open: () => Promise<Database>,
): void {
  describe(`sqlFence on ${name}`, () => {
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
}
