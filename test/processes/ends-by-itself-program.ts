import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Etcd3 } from 'etcd3';
import { LockClient } from '../../lib/core/index.js';
import { EtcdStore } from '../../lib/etcd/index.js';

// A script that forgets to close. Whether it ends is what its caller wants to know.
const [what, road, endpoint] = process.argv.slice(2) as [
  string,
  string,
  string,
];

const store =
  road === 'client'
    ? new EtcdStore({ client: new Etcd3({ hosts: endpoint }) })
    : new EtcdStore({ hosts: endpoint });
const locks = new LockClient({ store, ttl: '3s' });

switch (what) {
  case 'used':
    // Long enough for a keep-alive, and for a watch on the ticket.
    await locks.withLock('key', () => pause(1_500));
    break;
  case 'kept':
    // Streams of an Etcd3 hold the process, so there it ends once nobody has used the lock for so long.
    await locks.withLock('key', { keep: road === 'client' ? '1s' : '5m' }, () =>
      pause(300),
    );
    break;
  case 'kept after a wait':
    await locks.withLock('key', { keep: road === 'client' ? '1s' : '5m' }, () =>
      console.log('held'),
    );
    break;
  case 'closed': {
    await using closing = store;
    await locks.withLock('key', () => pause(150));
    await closing.close();
    break;
  }
  case 'scoped': {
    await using client = locks;
    await client.acquire('key');
    break;
  }
  case 'in a thread':
    // Neither closes anything. In a thread tsx has to be asked.
    new Worker(
      `import('tsx/esm/api').then((tsx) => tsx.tsImport(${JSON.stringify(import.meta.url)}, 'file:///'));`,
      { eval: true, argv: ['used', road, endpoint] },
    );
    break;
  case 'asking':
    void locks.isLocked('key').catch(({ code }) => console.log(code));
    break;
  case 'holding': {
    const lock = await locks.acquire('key');
    console.log('held');
    // Nothing of this program's own is left to do.
    lock.signal.addEventListener('abort', () => console.log('lost'));
    break;
  }
  case 'waiting':
    void locks.acquire('key', { waitTimeout: Infinity }).then((lock) => {
      console.log('held');
      return lock.release();
    });
    break;
  case 'watching':
    store.watch(
      { key: 'key' },
      {
        created: () => console.log('watching'),
        events: () => console.log('heard'),
        ended: () => console.log('ended'),
      },
    );
    break;
}
console.log('done');
