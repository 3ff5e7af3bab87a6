import { LockConfigurationError } from '../core/index.js';
import { checkKnownOptions, shown } from '../core/internal.js';

const OPTIONS = [
  'table',
  'idColumn',
  'fenceColumn',
  'placeholder',
] as const satisfies readonly (keyof SqlFenceOptions)[];

const PLAIN_NAME = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/;

/** Where the fence of a table stands. */
export interface SqlFenceOptions {
  readonly table: string;
  /** The column that names the resource. @default 'id' */
  readonly idColumn?: string;
  /** A `BIGINT NOT NULL DEFAULT 0` that carries the highest token seen. @default 'fence' */
  readonly fenceColumn?: string;
  /** `'$'` for PostgreSQL's `$1`, `'?'` for MySQL and SQLite. @default '?' */
  readonly placeholder?: '?' | '$';
}

/** A statement for your driver, with its values in order. */
export interface SqlStatement {
  readonly text: string;
  readonly values: readonly (bigint | string | number)[];
}

/**
 * Guards rows of an SQL table against holders that do not know yet that their lock is gone: one
 * statement, the same for PostgreSQL, MySQL and SQLite.
 *
 * A holder must run {@link SqlFence.claim} before its first *read*, and go on only if it changed
 * one row; see {@link KeyFence} for what is lost otherwise. Its writes then carry
 * {@link SqlFence.condition}, and have succeeded only if they changed a row.
 *
 * @example
 * const fence = sqlFence({ table: 'accounts', placeholder: '$' });
 * await locks.withLock(`account:${id}`, async (lock) => {
 *   const claim = fence.claim(id, lock.fencingToken);
 *   if ((await db.query(claim.text, [...claim.values])).rowCount !== 1) throw new Error('stale');
 *   const { rows } = await db.query('SELECT balance FROM accounts WHERE id = $1', [id]);
 *   const written = await db.query(
 *     `UPDATE accounts SET balance = $1 WHERE id = $2 AND ${fence.condition(3)}`,
 *     [rows[0].balance - amount, id, lock.fencingToken],
 *   );
 *   if (written.rowCount !== 1) throw new Error('stale');
 * });
 */
export interface SqlFence {
  /**
   * Raises the fence of one row to `token`. Changes one row, or none when a higher token has
   * claimed before or the row does not exist. Repeating it does no harm; a driver of MySQL must
   * count rows *found*, not *changed*, as `mysql2` does unless told otherwise.
   */
  claim(id: string | number | bigint, token: bigint): SqlStatement;

  /** `fence = ?`, with `$n` where placeholders are numbered, for the WHERE of every write. */
  condition(n: number): string;
}

/**
 * @throws {LockConfigurationError} for a name that is not a plain, optionally qualified, name, for
 * another placeholder, and for options that are not known
 */
export function sqlFence(options: SqlFenceOptions): SqlFence {
  checkKnownOptions(options, OPTIONS);
  const {
    table,
    idColumn = 'id',
    fenceColumn = 'fence',
    placeholder = '?',
  } = options;
  // The names become part of the statement. What is no string could become another one there.
  for (const name of [table, idColumn, fenceColumn] as readonly unknown[]) {
    if (typeof name === 'string' && PLAIN_NAME.test(name)) continue;
    throw new LockConfigurationError(
      `${shown(name)} cannot be the name of a table or column of a fence.`,
    );
  }
  if (placeholder !== '?' && placeholder !== '$') {
    throw new LockConfigurationError(
      `Option "placeholder" must be '?' or '$', got ${shown(placeholder)}.`,
    );
  }
  const nth = (n: number) => (placeholder === '$' ? `$${n}` : '?');
  return {
    claim: (id, token) => ({
      text: `UPDATE ${table} SET ${fenceColumn} = ${nth(1)} WHERE ${idColumn} = ${nth(2)} AND ${fenceColumn} <= ${nth(3)}`,
      values: [token, id, token],
    }),
    condition: (n) => `${fenceColumn} = ${nth(n)}`,
  };
}
