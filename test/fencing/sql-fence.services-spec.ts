import {
  createConnection,
  type ResultSetHeader,
  type RowDataPacket,
} from 'mysql2/promise';
import { describeSqlFence, RESET, TABLE } from './sql-fence-cases.js';
import { startMariadb } from '../support/mariadb.js';

describeSqlFence('MariaDB, in the dialect of MySQL', '?', async () => {
  const server = await startMariadb();
  const db = await createConnection({ socketPath: server.socketPath });
  await db.query('CREATE DATABASE bank');
  await db.query('USE bank');
  await db.query(TABLE);
  return {
    change: async (text, values) => {
      const [result] = await db.execute<ResultSetHeader>(text, [...values]);
      return result.affectedRows;
    },
    balance: async () => {
      const [rows] = await db.query<RowDataPacket[]>(
        'SELECT balance FROM accounts',
      );
      return rows[0]!['balance'] as number;
    },
    reset: async () => {
      for (const statement of RESET) await db.query(statement);
    },
    close: async () => {
      await db.end();
      await server.stop();
    },
  };
});
