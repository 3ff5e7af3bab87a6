import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureMariadb } from '../../scripts/setup/mariadb.mjs';
import { newDirectory, type OwnServer, startServer } from './own-server.js';

/** A MariaDB of the test's own: a socket, no port, nobody asked who they are. */
export async function startMariadb(): Promise<
  OwnServer & { readonly socketPath: string }
> {
  const program = await ensureMariadb();
  const directory = newDirectory('mariadb');
  const data = join(directory, 'data');
  mkdirSync(data);
  const socketPath = join(directory, 'socket');
  const args = [
    '--no-defaults',
    `--user=${userInfo().username}`,
    `--datadir=${data}`,
    `--socket=${socketPath}`,
    `--pid-file=${join(directory, 'pid')}`,
    '--skip-networking',
    '--skip-grant-tables',
    '--innodb-buffer-pool-size=8M',
    '--innodb-log-file-size=4M',
  ];
  const server = await startServer(program, args, {
    ready: 'ready for connections',
    directory,
  });
  return { ...server, socketPath };
}
