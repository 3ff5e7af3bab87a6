import { Etcd3 } from 'etcd3';
import { EtcdStore } from '../../lib/etcd/index.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { call, everything, put, WatchLog, write } from './store-calls.js';

// Uses a store, closes it and says so. Whether the process ends then is what its caller wants to
// know.
const [how, endpoint] = process.argv.slice(2) as [string, string];

async function use(store: EtcdStore): Promise<void> {
  const { id } = await store.grantLease(60, call);
  const log = new WatchLog();
  store.watch(everything, log);
  await log.isCreated();
  // By itself it would not keep this process alive.
  await store.keepAlive(id, call);
  await store.transact(write(put('closing')), call);
}

switch (how) {
  case 'hosts': {
    const store = new EtcdStore({ hosts: endpoint });
    await use(store);
    await store.close();
    break;
  }
  case 'client': {
    const client = new Etcd3({ hosts: endpoint });
    const store = new EtcdStore({ client });
    await use(store);
    await store.close();
    client.close();
    break;
  }
  case 'frozen': {
    const proxy = await TcpProxy.start(Number(new URL(endpoint).port));
    const store = new EtcdStore({ hosts: proxy.endpoint });
    await use(store);
    proxy.freeze();
    const long = { timeoutMs: 600_000 };
    void store.transact(write(put('closing')), long).catch(() => {});
    await store.close();
    await proxy.close();
    break;
  }
  case 'failing': {
    const store = new EtcdStore({ hosts: endpoint });
    store.watch(everything, new WatchLog());
    const soon = { timeoutMs: 300 };
    await store.transact(write(put('closing')), soon).catch(() => {});
    await store.keepAlive(1n, soon).catch(() => {});
    await store.close();
    break;
  }
}
console.log('closed');
