import { Etcd3 } from 'etcd3';
import { afterEach, describe, expect, it } from 'vitest';
import {
  EtcdStore,
  type EtcdStoreOptions,
  preflight,
} from '../../lib/etcd/index.js';
import {
  type Etcd,
  startEtcd,
  type StartEtcdOptions,
} from '../support/etcd.js';
import { freePort } from '../support/free-port.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitUntil } from '../support/wait-until.js';
import { GRPC, ScriptedPeer } from './http2/scripted-peer.js';
import { call, failure, put, refusal, write } from './store-calls.js';

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function started(options?: StartEtcdOptions): Promise<Etcd> {
  const etcd = await startEtcd(options);
  ending.push(() => etcd.stop());
  return etcd;
}

function storeOf(options: EtcdStoreOptions): EtcdStore {
  const store = new EtcdStore(options);
  ending.push(() => store.close());
  return store;
}

async function codes(store: EtcdStore, ttl = 15_000): Promise<string[]> {
  const { warnings } = await preflight(store, { ttl });
  // What it says of the version depends on the etcd that the tests found.
  return warnings
    .map(({ code }) => code)
    .filter((code) => code !== 'etcd-version');
}

describe('a survey', () => {
  it('tells what etcdctl tells', async () => {
    const etcd = await started();
    const [status] = JSON.parse(
      await etcd.etcdctl('endpoint', 'status', '-w', 'json'),
    );

    const found = await storeOf({ hosts: etcd.endpoints }).survey(call);

    expect(found).toEqual({
      hosts: [
        {
          host: etcd.member.endpoint,
          clusterId: expect.stringMatching(/^[\da-f]{10,16}$/),
          memberId: expect.stringMatching(/^[\da-f]{10,16}$/),
          version: status.Status.version,
          learner: false,
          alarms: [],
          databaseBytes: status.Status.dbSize,
          grpcProxy: false,
        },
      ],
      silent: [],
      members: { voters: 1, learners: 0 },
      // One and a half of the default election timeout, in whole seconds.
      minimumTtlMs: 2_000,
      authenticated: false,
      unknown: [],
    });
    const list = await etcd.etcdctl('member', 'list');
    expect(list).toContain(found.hosts[0]!.memberId);
  });

  it('leaves no lease and no connection behind', async () => {
    const etcd = await started({ members: 3 });
    const proxies = await Promise.all(
      etcd.members.map(({ clientPort }) => TcpProxy.start(clientPort)),
    );
    for (const proxy of proxies) ending.push(() => proxy.close());
    const store = storeOf({ hosts: proxies.map(({ endpoint }) => endpoint) });

    await store.survey(call);

    expect(proxies.map(({ accepted }) => accepted)).toEqual([1, 1, 1]);
    await waitUntil(() => proxies.every(({ open }) => open === 0), {
      what: 'all connections to be closed',
    });
    expect(await etcd.etcdctl('lease', 'list')).toContain('found 0 leases');
  });

  it('of three members finds nothing but versions, and one that is away', async () => {
    const etcd = await started({ members: 3 });
    const store = storeOf({ hosts: etcd.endpoints });
    expect(await codes(store)).toEqual([]);

    await etcd.members[2]!.kill();

    expect(await codes(store)).toEqual(['silent-host']);
  });

  it('warns of a single member and of a ttl near what etcd grants', async () => {
    const etcd = await started({
      args: ['--election-timeout=4000', '--heartbeat-interval=400'],
    });
    const store = storeOf({ hosts: etcd.endpoints });

    expect((await store.survey(call)).minimumTtlMs).toBe(6_000);
    expect(await codes(store, 11_000)).toEqual(['single-member', 'short-ttl']);
    expect(await codes(store, 12_000)).toEqual(['single-member']);
  });

  it('finds that hosts belong to two clusters', async () => {
    const [one, two] = await Promise.all([started(), started()]);
    const store = storeOf({ hosts: [...one.endpoints, ...two.endpoints] });

    // Two clusters of one name on ports of their own have different ids.
    expect(await codes(store)).toEqual(['two-clusters', 'single-member']);
  });

  it('finds that there is no space left, by what a member says of itself', async () => {
    const quota = 2 * 2 ** 20;
    const etcd = await started({ args: [`--quota-backend-bytes=${quota}`] });
    const store = storeOf({ hosts: etcd.endpoints });
    const large = write(put('large', 'x'.repeat(500_000)));
    await waitUntil(() =>
      store.transact(large, call).then(
        () => false,
        () => true,
      ),
    );

    expect(await codes(store)).toEqual(['no-space', 'single-member']);
    const { unknown } = await store.survey(call);
    expect(unknown).toEqual([
      expect.stringMatching(/^the shortest TTL: .*space exceeded/),
    ]);
  });

  it('works through a client of the user, which stays open', async () => {
    const etcd = await started();
    const client = new Etcd3({ hosts: [...etcd.endpoints] });
    ending.push(async () => client.close());

    const store = storeOf({ client });
    expect(await codes(store)).toEqual(['single-member']);
    await store.transact(write(put('a')), call);
    await client.put('still').value('open');
  });
});

describe('a survey with authentication', () => {
  it('knows whether it has a user', async () => {
    const etcd = await started();
    for (const step of [
      'user add root:root',
      'user grant-role root root',
      'user add app:secret',
      'auth enable',
    ]) {
      await etcd.etcdctl(...step.split(' '));
    }
    const hosts = etcd.endpoints;
    const auth = { username: 'app', password: 'secret' };

    const known = await storeOf({ hosts, auth }).survey(call);
    // Without a right to any key it may not watch; from 3.5 on it may not even ask what etcd is.
    expect(known).toMatchObject({
      authenticated: true,
      unknown: [expect.stringMatching(/permission denied/)],
    });
    const stranger = await storeOf({ hosts }).survey(call);
    expect(stranger.authenticated).toBe(false);
    const wrong = { username: 'app', password: 'wrong' };
    expect(await refusal(storeOf({ hosts, auth: wrong }).survey(call))).toBe(
      'unauthenticated, not-applied',
    );
  });
});

it('a survey that may not ask knows as little, and is no failure', async () => {
  // As etcd 3.5.28 and later do to users who are not root.
  const peer = await ScriptedPeer.start(({ stream }) =>
    stream.respond(
      {
        ...GRPC,
        'grpc-status': '7',
        'grpc-message': 'etcdserver: permission denied',
      },
      { endStream: true },
    ),
  );
  ending.push(async () => peer.stop());
  const found = await storeOf({ hosts: peer.endpoint }).survey(call);
  expect(found).toMatchObject({ hosts: [], silent: [], members: undefined });
  expect(found.minimumTtlMs).toBeUndefined();
  expect(found.unknown).toContain(
    `what ${peer.endpoint} is: etcdserver: permission denied`,
  );
});

describe('a survey that gets no answer', () => {
  it('rejects when no host answers', async () => {
    const port = await freePort();
    const store = storeOf({ hosts: `http://127.0.0.1:${port}` });
    const error = await failure(store.survey({ timeoutMs: 500 }));
    expect(error.outcome).toBe('not-applied');
  });

  it('ends within its time when etcd is paused', async () => {
    const etcd = await started();
    etcd.member.pause();
    const store = storeOf({ hosts: etcd.endpoints });
    expect(await refusal(store.survey({ timeoutMs: 300 }))).toBe(
      'timeout, not-applied',
    );
  });

  it('leaves alone what its store is asked for meanwhile', async () => {
    const etcd = await started();
    const store = storeOf({ hosts: etcd.endpoints });
    await store.transact(write(put('k', '')), call);
    etcd.member.pause();
    const asked = store.transact(write(put('k', 'v')), { timeoutMs: 20_000 });
    await failure(store.survey({ timeoutMs: 300 }));
    etcd.member.resume();
    expect((await asked).succeeded).toBe(true);
  });

  it('is given up when the store is closed', async () => {
    const etcd = await started();
    etcd.member.pause();
    const store = storeOf({ hosts: etcd.endpoints });
    const surveying = refusal(store.survey({ timeoutMs: 60_000 }));
    await store.close();
    expect(await surveying).toBe('closed, not-applied');
    expect(await refusal(store.survey(call))).toBe('closed, not-applied');
  });
});
