import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LockClient } from '../../lib/core/index.js';
import { freePort } from '../support/free-port.js';
import { startLockWorker } from '../support/lock-worker.js';
import { storeOnRoad } from '../support/road.js';

const WAIT = 1_500;

/** Accepts connections and never says a word. */
const blackHole = () => createServer(() => {});

/** Somebody else's server. */
const notEtcd = () =>
  createHttpServer((_, reply) => reply.writeHead(404).end('not here'));

describe.concurrent.each([
  ['nobody listens', undefined],
  ['nobody ever answers', blackHole],
  ['it is not etcd that answers', notEtcd],
])('where %s', (_, newServer: (() => Server) | undefined) => {
  let server: Server | undefined;
  let host: string;
  beforeAll(async () => {
    server = newServer?.();
    const port = await freePort();
    host = `http://127.0.0.1:${port}`;
    if (server === undefined) return;
    await new Promise<void>((done) => server!.listen(port, '127.0.0.1', done));
    expect((server.address() as AddressInfo).port).toBe(port);
  });
  afterAll(() => {
    server?.close();
  });

  it('calls fail in time, and the process goes on and ends well', async ({
    onTestFinished,
  }) => {
    const worker = await startLockWorker({ hosts: [host], ttl: 3_000 });
    onTestFinished(() => worker.process.kill());
    const timed = async (call: Promise<unknown>) => {
      const since = performance.now();
      const error: unknown = await call.catch((reason: unknown) => reason);
      return { error, tookMs: performance.now() - since };
    };
    const storeError = { code: 'LOCK_STORE', name: 'LockStoreError' };
    const waited = await timed(worker.acquire('key', { waitTimeout: WAIT }));
    expect(waited.error).toMatchObject(storeError);
    // Half as much again for the way from one process to the other on a busy machine.
    expect(waited.tookMs).toBeLessThan(WAIT * 1.5);

    const tried = await timed(worker.acquire('key', { waitTimeout: 0 }));
    expect(tried.error).toMatchObject(storeError);
    expect(tried.tookMs).toBeLessThan(WAIT * 1.5);

    const waiting = worker
      .acquire('key', { waitTimeout: '1h' })
      .catch((error: unknown) => error);
    await worker.close();
    expect(await waiting).toMatchObject({ code: 'LOCK_CLOSED' });
    expect(await worker.process.exit()).toBe(0);
    expect(worker.process.output).toBe('');
  });

  it('a check of health fails, and closing does not take long', async () => {
    const store = storeOnRoad({ hosts: host });
    const locks = new LockClient({ store, ttl: '3s' });
    await expect(locks.ping()).rejects.toMatchObject({ code: 'LOCK_STORE' });
    const since = performance.now();
    await locks.close();
    await store.close();
    expect(performance.now() - since).toBeLessThan(WAIT);
  });
});
