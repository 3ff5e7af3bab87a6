import { constants } from 'node:http2';
import { connect, createServer, type ListenOptions } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EtcdStore } from '../../../lib/etcd/index.js';
import { startEtcd } from '../../support/etcd.js';
import { waitUntil } from '../../support/wait-until.js';
import {
  call,
  everything,
  failure,
  put,
  refusal,
  WatchLog,
  write,
} from '../store-calls.js';
import { answerWell, ScriptedPeer } from './scripted-peer.js';

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function against(
  ...script: Parameters<typeof ScriptedPeer.start>
): Promise<{ peer: ScriptedPeer; store: EtcdStore }> {
  const peer = await ScriptedPeer.start(...script);
  ending.push(() => peer.stop());
  const store = new EtcdStore({ hosts: peer.endpoint });
  ending.push(() => store.close());
  return { peer, store };
}

const read = (store: EtcdStore, timeoutMs = 3_000) =>
  store.read({ kind: 'range', range: everything }, { timeoutMs });
const change = (store: EtcdStore, timeoutMs = 3_000) =>
  store.transact(write(put('a')), { timeoutMs });

describe('a connection that takes no more calls', () => {
  it('ends those under way in good order, while new ones go over another', async () => {
    let answerFirst = () => {};
    const { peer, store } = await against((asked) => {
      if (asked.index === 0) answerFirst = () => answerWell(asked);
      else answerWell(asked);
    });
    const first = change(store);
    await waitUntil(() => peer.calls.length === 1, { what: 'the call' });
    peer.sessions[0]!.close();
    await waitUntil(
      async () => {
        await change(store);
        return peer.sessions.length === 2;
      },
      { what: 'a second connection' },
    );
    answerFirst();
    expect((await first).revision).toBe(7n);
  });

  it('loses no call that it has not looked at', async () => {
    const { peer, store } = await against((asked) => {
      if (asked.index < 2) asked.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else answerWell(asked);
    });
    expect((await change(store)).revision).toBe(7n);
    expect(peer.calls).toHaveLength(3);
  });

  it('does not keep calls that had no turn on it from their turn on another', async () => {
    // As nginx does with `keepalive_requests`.
    const taken = new Map<object, number>();
    const { peer, store } = await against(
      (asked) => {
        const count = (taken.get(asked.session) ?? 0) + 1;
        taken.set(asked.session, count);
        answerWell(asked);
        if (count === 5) asked.session.close();
      },
      { maxConcurrentStreams: 3 },
    );
    await Promise.all(Array.from({ length: 100 }, () => change(store, 20_000)));
    expect(peer.calls).toHaveLength(100);
    expect(peer.sessions.length).toBeGreaterThanOrEqual(13);
  });

  it('is not asked for ever', async () => {
    const { peer, store } = await against(({ stream }) =>
      stream.close(constants.NGHTTP2_REFUSED_STREAM),
    );
    expect(await refusal(change(store))).toBe('unavailable, not-applied');
    expect(peer.calls.length).toBeLessThan(20);
  });

  it('leaves a write open that it breaks off, and sends none again', async () => {
    const { peer, store } = await against((asked) => {
      if (asked.index > 0) answerWell(asked);
      else asked.session.destroy();
    });
    expect(await refusal(change(store))).toBe('unavailable, unknown');
    expect((await change(store)).revision).toBe(7n);
    expect(peer.calls).toHaveLength(2);
  });

  it.each([
    ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR],
    ['CANCEL', constants.NGHTTP2_CANCEL],
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
  ])('leaves a write open that is reset with %s', async (_, code) => {
    const { store } = await against(({ stream }) => stream.close(code));
    const error = await failure(change(store));
    expect(error.outcome).toBe('unknown');
    expect(error.message).not.toMatch(/undefined|ERR_/);
    expect((await failure(read(store))).outcome).toBe('not-applied');
  });

  it('leaves a write open where it is told to calm down', async () => {
    const { peer, store } = await against((asked) => {
      if (asked.index === 0)
        asked.session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      else answerWell(asked);
    });
    const error = await failure(change(store));
    expect([error.reason, error.outcome]).toEqual(['unavailable', 'unknown']);
    expect((await change(store)).revision).toBe(7n);
    expect(peer.sessions).toHaveLength(2);
  });
});

describe('a connection with room for two calls', () => {
  it('is given the others when there is room', async () => {
    let open = 0;
    let most = 0;
    const { peer, store } = await against(
      (asked) => {
        open += 1;
        most = Math.max(most, open);
        asked.stream.once('close', () => (open -= 1));
        setImmediate(() => answerWell(asked));
      },
      { maxConcurrentStreams: 2 },
    );
    await Promise.all(Array.from({ length: 50 }, () => change(store)));
    expect(peer.calls).toHaveLength(50);
    expect(peer.sessions).toHaveLength(1);
    expect(most).toBe(2);
  });

  it('was surely not given what ran out of time before', async () => {
    let silent = false;
    const { peer, store } = await against(
      (asked) => {
        if (!silent) answerWell(asked);
      },
      { maxConcurrentStreams: 2 },
    );
    // What it takes to connect does not count.
    await change(store);
    silent = true;
    const fates = [400, 400, 200, 200].map((ms) => refusal(change(store, ms)));
    expect(await Promise.all(fates)).toEqual([
      'timeout, unknown',
      'timeout, unknown',
      'timeout, not-applied',
      'timeout, not-applied',
    ]);
    expect(peer.calls).toHaveLength(3);
  });
});

describe('a host', () => {
  /** Hands on to an etcd what comes to `listen`. */
  async function etcdBehind(listen: ListenOptions) {
    const etcd = await startEtcd();
    ending.push(() => etcd.stop());
    const server = createServer((client) => {
      const to = connect(etcd.member.clientPort, '127.0.0.1');
      client.pipe(to).pipe(client);
      for (const socket of [client, to]) socket.on('error', () => {});
    });
    ending.push(() => server.close());
    await new Promise<void>((resolve) => {
      server.listen(listen, resolve);
    });
    return server.address();
  }

  async function serves(host: string): Promise<void> {
    const store = new EtcdStore({ hosts: host });
    ending.push(() => store.close());
    const log = new WatchLog();
    store.watch(everything, log);
    await log.isCreated();
    const { id } = await store.grantLease(60, call);
    expect(await store.keepAlive(id, call)).toBe(60_000);
    await store.transact(write(put('a')), call);
    await waitUntil(() => log.keys.length === 1, { what: 'the event' });
  }

  it('may be a socket of this machine', async () => {
    const path = join(tmpdir(), `nestjs-etcd-lock-${process.pid}.sock`);
    await etcdBehind({ path });
    await serves(`unix:${path}`);
    await serves(`unix://${path}`);
  });

  it('may have an address of IPv6', async () => {
    const { port } = (await etcdBehind({ host: '::1', port: 0 })) as {
      port: number;
    };
    await serves(`http://[::1]:${port}`);
  });

  it('may have a name', async () => {
    const etcd = await startEtcd();
    ending.push(() => etcd.stop());
    await serves(`http://localhost:${etcd.member.clientPort}`);
  });
});

describe('what is the matter with a host', () => {
  const cases: [string, string, RegExp][] = [
    [
      'a name that nobody knows',
      'http://nowhere.invalid:2379',
      /^the host name of nowhere\.invalid:2379 (is not found|cannot be looked up)/,
    ],
    [
      'a socket that is not there',
      'unix:/nowhere/etcd.sock',
      /^there is no socket unix:\/nowhere\/etcd\.sock$/,
    ],
  ];
  it.each(cases)('is said in words: %s', async (_, host, message) => {
    const store = new EtcdStore({ hosts: host });
    const error = await failure(change(store));
    expect([error.reason, error.outcome]).toEqual([
      'unavailable',
      'not-applied',
    ]);
    expect(error.message).toMatch(message);
    await store.close();
  });

  it('a server that says nothing of HTTP/2 has not been sent any call', async () => {
    const heard: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => heard.push(String(bytes)));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as { port: number };
    const store = new EtcdStore({ hosts: `http://127.0.0.1:${port}` });
    expect(await refusal(change(store, 300))).toBe('timeout, not-applied');
    expect(heard.join('')).not.toContain('etcdserverpb');
    const since = performance.now();
    await store.close();
    expect(performance.now() - since).toBeLessThan(100);
    server.close();
  });
});
