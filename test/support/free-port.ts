import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

// Below the ports the system gives to outgoing connections: a client that keeps redialling a
// server that is down could otherwise be given that very port, and the server could not restart.
const LOWEST = 20_000;
const HIGHEST = 30_000;

const handedOut = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listened on a moment ago; never the same one twice in a process.
 * Another process may still take it first: whoever binds it must be ready to ask for another.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error(`No free port between ${LOWEST} and ${HIGHEST}.`);
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
