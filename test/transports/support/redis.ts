import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureRedis } from '../../../scripts/setup/redis.mjs';
import { freePort } from '../../support/free-port.js';
import {
  killAndWait,
  own,
  ownDirectory,
  removeDirectory,
} from '../../support/owned-process.js';

/** A Redis of the test's own, which keeps nothing. */
export async function startRedis(): Promise<{
  readonly port: number;
  stop(): Promise<void>;
}> {
  const program = await ensureRedis();
  const directory = mkdtempSync(join(tmpdir(), 'redis-'));
  ownDirectory(directory);
  const port = await freePort();
  const child = spawn(
    program,
    [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      directory,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  own(child);
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
      if (said.includes('Ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`Redis ended with code ${code}: ${said}`)),
    );
  });
  return {
    port,
    async stop() {
      await killAndWait(child);
      removeDirectory(directory);
    },
  };
}
