import { ensureRedis } from '../../scripts/setup/redis.mjs';
import { freePort } from './free-port.js';
import { newDirectory, type OwnServer, startServer } from './own-server.js';

/** A Redis of the test's own, which keeps nothing. */
export async function startRedis(): Promise<
  OwnServer & { readonly port: number }
> {
  const program = await ensureRedis();
  const directory = newDirectory('redis');
  const port = await freePort();
  const args = [
    ['--port', `${port}`],
    ['--bind', '127.0.0.1'],
    ['--save', ''],
    ['--dir', directory],
  ];
  const server = await startServer(program, args.flat(), {
    ready: 'Ready to accept connections',
    directory,
  });
  return { ...server, port };
}
