import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

// Below the ports the system gives to outgoing connections: a client that keeps redialling a
// server that is down could otherwise be given that very port, and the server could not restart.
const LOWEST = 20_000;
const HIGHEST = 30_000;
// Workers of vitest run side by side, and a port where nobody listens must stay so.
const SHARES = 8;

const handedOut = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listened on a moment ago; never the same one twice in a process,
 * nor one that another worker of this test run is given. A process that is not of this run may
 * still take it first: whoever binds it must be ready to ask for another.
 */
export async function freePort(): Promise<number> {
  const size = (HIGHEST - LOWEST) / SHARES;
  const lowest = LOWEST + size * (poolId() % SHARES);
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(lowest, lowest + size);
    if (handedOut.has(port)) continue;
    // Before anything is awaited, or two callers get the same one.
    handedOut.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port from ${lowest} on.`);
}

/** From 1 to the number of workers; 0 outside vitest. */
function poolId(): number {
  return Number(process.env['VITEST_POOL_ID'] ?? 0);
}

export async function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
