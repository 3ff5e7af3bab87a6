import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureMariadb } from '../../scripts/setup/mariadb.mjs';
import {
  killAndWait,
  own,
  ownDirectory,
  removeDirectory,
} from './owned-process.js';

/** A MariaDB of the test's own: a socket, no port, nobody asked who they are. */
export async function startMariadb(): Promise<{
  readonly socketPath: string;
  stop(): Promise<void>;
}> {
  const program = await ensureMariadb();
  const directory = mkdtempSync(join(tmpdir(), 'mariadb-'));
  ownDirectory(directory);
  const data = join(directory, 'data');
  mkdirSync(data);
  const socketPath = join(directory, 'socket');
  const child = spawn(
    program,
    [
      '--no-defaults',
      `--user=${userInfo().username}`,
      `--datadir=${data}`,
      `--socket=${socketPath}`,
      `--pid-file=${join(directory, 'pid')}`,
      '--skip-networking',
      '--skip-grant-tables',
      '--innodb-buffer-pool-size=8M',
      '--innodb-log-file-size=4M',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  own(child);
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
      if (said.includes('ready for connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`MariaDB ended with code ${code}: ${said}`)),
    );
  });
  return {
    socketPath,
    async stop() {
      await killAndWait(child);
      removeDirectory(directory);
    },
  };
}
