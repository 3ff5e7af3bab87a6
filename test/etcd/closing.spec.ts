import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Etcd3 } from 'etcd3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { freePort } from '../support/free-port.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';
import { listening } from './listening.js';
import {
  call,
  everything,
  failure,
  get,
  metric,
  put,
  WatchLog,
  write,
} from './store-calls.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('closing-program.ts', import.meta.url));

/** Resolves with what the program wrote, once it has ended by itself. */
async function output(...args: string[]): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    ['--import', 'tsx', program, ...args],
    { timeout: 40_000, killSignal: 'SIGKILL' },
  );
  return stdout.trim();
}

let etcd: Etcd;
let proxy: TcpProxy;
beforeEach(async () => {
  etcd = await startEtcd();
  proxy = await TcpProxy.start(etcd.member.clientPort);
});
afterEach(async () => {
  await proxy.close();
  await etcd.stop();
});

describe('closing a store', () => {
  it('rejects what is under way, ends the watches, and refuses the rest', async () => {
    const store = new EtcdStore({ hosts: proxy.endpoint });
    const { id } = await store.grantLease(60, call);
    await store.keepAlive(id, call);
    const log = new WatchLog();
    store.watch(everything, log);
    await log.isCreated();
    const witness = new EtcdStore({ hosts: etcd.endpoints });
    proxy.drop('to-client');
    const long = { timeoutMs: 600_000 };
    const under = {
      write: failure(store.transact(write(put('a')), long)),
      read: failure(store.read({ kind: 'range', range: everything }, long)),
      renewal: failure(store.keepAlive(id, long)),
    };
    await waitUntil(() => get(witness, 'a'), { what: 'the commit' });
    await witness.close();
    await Promise.all([store.close(), store.close()]);
    const fates = [await under.write, await under.read, await under.renewal];
    expect(fates.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 3 }, () => 'closed'),
    );
    expect(fates.map(({ outcome }) => outcome)).toEqual([
      'unknown',
      'not-applied',
      'unknown',
    ]);
    expect(log.endings.map(({ reason }) => reason)).toEqual(['closed']);
    const after = await Promise.all([
      failure(store.transact(write(put('a')), call)),
      failure(store.keepAlive(id, call)),
      failure(store.grantLease(5, call)),
    ]);
    for (const { reason, outcome } of after) {
      expect([reason, outcome]).toEqual(['closed', 'not-applied']);
    }
  });

  it('opens nothing any more when a stream was about to be opened', async () => {
    const client = new Etcd3({ hosts: proxy.endpoint });
    for (const options of [{ hosts: proxy.endpoint }, { client }]) {
      const store = new EtcdStore(options);
      const log = new WatchLog();
      store.watch(everything, log);
      const renewal = failure(store.keepAlive(1n, call));
      await store.close();
      expect((await renewal).reason).toBe('closed');
      expect(log.endings.map(({ reason }) => reason)).toEqual(['closed']);
    }
    await client.get('connected');
    const opened = await metric(
      etcd,
      'grpc_server_started_total',
      'grpc_type="bidi_stream"',
    );
    expect(opened).toBe(0);
    expect(proxy.accepted).toBe(1);
    client.close();
  });

  it("ends its streams on a user's client that stays open", async () => {
    const client = new Etcd3({ hosts: proxy.endpoint });
    const store = new EtcdStore({ client });
    const { id } = await store.grantLease(60, call);
    await store.keepAlive(id, call);
    const log = new WatchLog();
    store.watch(everything, log);
    await log.isCreated();
    const streams = () =>
      metric(etcd, 'etcd_debugging_mvcc_watch_stream_total');
    expect(await streams()).toBe(1);
    await store.close();
    await waitUntil(async () => (await streams()) === 0, {
      what: 'the end of the stream in etcd',
    });
    expect(proxy.open).toBe(1);
    client.close();
  });
});

describe('a process', () => {
  it.each(['hosts', 'client'])(
    'ends by itself after close, with %s',
    async (how) => {
      expect(await output(how, proxy.endpoint)).toBe('closed');
    },
  );

  it('ends by itself after close with an unanswered call and streams', async () => {
    expect(await output('frozen', etcd.member.endpoint)).toBe('closed');
  });

  it('ends by itself after close when nothing was ever connected', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await output('failing', nobody)).toBe('closed');
    const server = createServer((socket) => socket.on('error', () => {}));
    expect(await output('failing', await listening(server))).toBe('closed');
    server.close();
  });
});
