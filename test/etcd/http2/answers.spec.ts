import { constants } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { EtcdStore } from '../../../lib/etcd/index.js';
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
import {
  answerWell,
  framed,
  GRPC,
  type PeerCall,
  REPLY,
  ScriptedPeer,
} from './scripted-peer.js';

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

const trailersOnly =
  (status: number, message: string) =>
  ({ stream }: PeerCall) =>
    stream.respond(
      { ...GRPC, 'grpc-status': String(status), 'grpc-message': message },
      { endStream: true },
    );

describe('a call of a user', () => {
  const auth = { username: 'app', password: 'secret' };
  const TOKEN = Buffer.from([...REPLY, 0x12, 0x01, 0x61]);

  /** Gives out tokens, and refuses the first calls by them. */
  async function refusing(times: number, message: string) {
    let calls = 0;
    const peer = await ScriptedPeer.start((asked) => {
      const { ':path': path } = asked.headers;
      if (path === '/etcdserverpb.Auth/Authenticate') answerWell(asked, TOKEN);
      else if ((calls += 1) > times) answerWell(asked);
      else trailersOnly(3, message)(asked);
    });
    ending.push(() => peer.stop());
    const store = new EtcdStore({ hosts: peer.endpoint, auth });
    ending.push(() => store.close());
    return { store, calls: () => calls };
  }

  it.each([
    ['the rights of others are changed', 'revision of auth store is old'],
    ['authentication is switched off and on', 'user name is empty'],
  ])('is made again while %s', async (_, words) => {
    const { store } = await refusing(4, `etcdserver: ${words}`);
    expect((await change(store)).revision).toBe(7n);
  });

  it('is made again once where its token is refused', async () => {
    const { store, calls } = await refusing(
      4,
      'etcdserver: invalid auth token',
    );
    expect(await refusal(change(store))).toBe('unauthenticated, not-applied');
    expect(calls()).toBe(2);
  });
});

describe('a reply', () => {
  it('may come in pieces, cut anywhere', async () => {
    const { store } = await against(({ stream }) => {
      stream.respond(GRPC, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': '0' }),
      );
      const bytes = framed(REPLY);
      const writeNext = (at: number) => {
        if (at === bytes.length) stream.end();
        else
          stream.write(bytes.subarray(at, at + 1), () => {
            setImmediate(() => writeNext(at + 1));
          });
      };
      writeNext(0);
    });
    expect(await read(store)).toMatchObject({ revision: 7n, keys: [] });
  });

  it('is asked for as gRPC asks, and not in compressed form', async () => {
    const { peer, store } = await against(answerWell);
    await read(store);
    const { headers } = peer.calls[0]!;
    expect(headers).toMatchObject({
      ':method': 'POST',
      ':scheme': 'http',
      ':path': '/etcdserverpb.KV/Range',
      ':authority': peer.endpoint.slice(7),
      'content-type': 'application/grpc',
      te: 'trailers',
      hasleader: 'true',
    });
    expect(Object.keys(headers).join()).not.toMatch(/encoding|token/);
    const [, ms] = /^(\d+)m$/.exec(headers['grpc-timeout'] as string)!;
    expect(Number(ms)).toBeGreaterThan(1_000);
    expect(Number(ms)).toBeLessThanOrEqual(3_000);
  });

  it('that is compressed all the same is refused, and a write may have been done', async () => {
    const { store } = await against(({ stream }) => {
      stream.respond(GRPC);
      stream.end(framed(REPLY, 1));
    });
    const error = await failure(change(store));
    expect(error.message).toContain('compressed');
    expect([error.reason, error.outcome]).toEqual(['unknown', 'unknown']);
    expect(await refusal(read(store))).toBe('unknown, not-applied');
  });

  it('that claims to be longer than any is refused before it is read', async () => {
    const { store } = await against(({ stream }) => {
      stream.respond(GRPC);
      stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
    });
    expect(await refusal(change(store))).toBe('too-large, unknown');
  });

  it('may be larger than all windows of HTTP/2 together', async () => {
    // A header, and a field that nobody knows.
    const filler = Buffer.alloc(70 * 2 ** 20);
    const length = filler.length;
    const varint = [];
    for (let rest = length; ; rest = Math.floor(rest / 128)) {
      varint.push((rest % 128) + (rest >= 128 ? 128 : 0));
      if (rest < 128) break;
    }
    const field = Buffer.from([0xfa, 0x07, ...varint]);
    const large = Buffer.concat([REPLY, field, filler]);
    const { store } = await against((asked) => answerWell(asked, large));
    expect((await read(store, 30_000)).revision).toBe(7n);
  });

  it('that is no message of etcd leaves a write open', async () => {
    const { store } = await against((asked) =>
      answerWell(asked, Buffer.from([0xff, 0xff])),
    );
    expect(await refusal(change(store))).toBe('unknown, unknown');
    expect(await refusal(read(store))).toBe('unknown, not-applied');
  });

  it('that is missing leaves a write open', async () => {
    const { store } = await against(({ stream }) => {
      stream.respond(GRPC, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': '0' }),
      );
      stream.end();
    });
    const error = await failure(change(store));
    expect(error.message).toContain('without a reply');
    expect(error.outcome).toBe('unknown');
  });

  it('that ends without a status leaves a write open', async () => {
    const { store } = await against(({ stream }) => {
      stream.respond(GRPC);
      stream.end(framed(REPLY));
    });
    const error = await failure(change(store));
    expect(error.message).toContain('without an answer');
    expect(error.outcome).toBe('unknown');
  });

  it('counts once, though its status comes before the last of its bytes is read', async () => {
    const { store } = await against(answerWell);
    const replies = await Promise.all(
      Array.from({ length: 200 }, () => read(store)),
    );
    expect(replies.map(({ revision }) => revision)).toEqual(
      Array.from({ length: 200 }, () => 7n),
    );
  });
});

describe('a status', () => {
  it('may come without any reply, in the first headers', async () => {
    const { store } = await against(
      trailersOnly(7, 'etcdserver: permission denied'),
    );
    const error = await failure(change(store));
    expect(error.message).toBe('etcdserver: permission denied');
    expect([error.reason, error.outcome]).toEqual([
      'permission-denied',
      'not-applied',
    ]);
  });

  it.each([
    ['gr%C3%BC%C3%9Fe 100%25', 'grüße 100%'],
    ['100% of %zz', '100% of %zz'],
    ['%ff', '\ufffd'],
  ])('is told in words that may be escaped: %s', async (sent, message) => {
    const { store } = await against(trailersOnly(2, sent));
    expect((await failure(change(store))).message).toBe(message);
  });

  it('without words is told by its number', async () => {
    const { peer, store } = await against(trailersOnly(14, ''));
    const error = await failure(change(store));
    expect(error.message).toBe(
      `${peer.endpoint.slice(7)} answered with status 14`,
    );
    expect([error.reason, error.outcome]).toEqual(['unavailable', 'unknown']);
  });
});

describe('HTTP without gRPC, as a proxy answers', () => {
  const cases = [
    [502, 'unavailable, unknown', 'unavailable, not-applied'],
    [503, 'unavailable, unknown', 'unavailable, not-applied'],
    [504, 'unavailable, unknown', 'unavailable, not-applied'],
    [500, 'unknown, unknown', 'unknown, not-applied'],
    [404, 'unavailable, not-applied', 'unavailable, not-applied'],
    [401, 'unauthenticated, not-applied', 'unauthenticated, not-applied'],
    [403, 'permission-denied, not-applied', 'permission-denied, not-applied'],
    [413, 'too-large, not-applied', 'too-large, not-applied'],
    [200, 'unknown, unknown', 'unknown, not-applied'],
  ] as const;
  it.each(cases)('%i is %s of a write', async (status, ofWrite, ofRead) => {
    const { peer, store } = await against(({ stream }) => {
      stream.respond({ ':status': status, 'content-type': 'text/html' });
      stream.end('<html>');
    });
    const error = await failure(change(store));
    expect(`${error.reason}, ${error.outcome}`).toBe(ofWrite);
    expect(error.message).toContain(peer.endpoint.slice(7));
    expect(error.message).toContain(status === 200 ? 'text/html' : `${status}`);
    expect(await refusal(read(store))).toBe(ofRead);
  });
});

describe('a call that nobody waits for any more', () => {
  it('is cancelled at the other end', async () => {
    const codes: number[] = [];
    const { store } = await against(({ stream }) => {
      stream.on('close', () => codes.push(stream.rstCode));
    });
    const error = await failure(change(store, 2_000));
    expect(error.message).toMatch(/did not answer within \d+ ms/);
    expect([error.reason, error.outcome]).toEqual(['timeout', 'unknown']);
    await waitUntil(() => codes.length === 1, { what: 'the end' });
    expect(codes).toEqual([constants.NGHTTP2_CANCEL]);
  });
});

describe('messages on a stream', () => {
  it('may come several in a frame, and one in several', async () => {
    const created = Buffer.from([0x0a, 0x02, 0x18, 0x07, 0x10, 0x01, 0x18, 1]);
    const event = (name: string) => {
      const key = Buffer.from(name);
      const kv = Buffer.concat([
        Buffer.from([0x0a, key.length]),
        key,
        Buffer.from([0x18, 0x08]),
      ]);
      const body = Buffer.concat([
        Buffer.from([0x08, 0x01, 0x12, kv.length]),
        kv,
      ]);
      return Buffer.concat([
        Buffer.from([0x0a, 0x02, 0x18, 0x08, 0x10, 0x01, 0x5a, body.length]),
        body,
      ]);
    };
    const { store } = await against(({ stream }) => {
      stream.respond(GRPC);
      const all = Buffer.concat(
        [created, event('t/a'), event('t/b'), event('t/c')].map((message) =>
          framed(message),
        ),
      );
      const cut = all.length - 6;
      stream.write(all.subarray(0, cut), () => {
        setImmediate(() => stream.write(all.subarray(cut)));
      });
    });
    const log = new WatchLog();
    store.watch(everything, log);
    await waitUntil(() => log.keys.length === 3, { what: 'the events' });
    expect(log.createdAt).toEqual([7n]);
    expect(log.keys).toEqual(['t/a', 't/b', 't/c']);
  });

  it('end the stream where they cannot be read', async () => {
    const { store } = await against(({ stream }) => {
      stream.respond(GRPC);
      stream.write(framed(Buffer.from([0xff])));
    });
    const log = new WatchLog();
    store.watch(everything, log);
    expect((await log.hasEnded()).reason).toBe('unknown');
    expect(await refusal(store.keepAlive(1n, call))).toBe('unknown, unknown');
  });

  it('end with a status', async () => {
    const { store } = await against(
      trailersOnly(16, 'etcdserver: invalid auth token'),
    );
    const log = new WatchLog();
    store.watch(everything, log);
    expect((await log.hasEnded()).reason).toBe('unauthenticated');
  });

  it('end where the other side ends them without one', async () => {
    const { store } = await against(({ stream }) => {
      stream.respond(GRPC);
      stream.end();
    });
    const log = new WatchLog();
    store.watch(everything, log);
    await log.hasEnded();
    expect(log.endings).toHaveLength(1);
  });
});
