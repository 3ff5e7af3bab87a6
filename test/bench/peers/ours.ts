import { LockClient } from 'nestjs-etcd-lock/core';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import type { Peer, PeerSettings } from './peer.js';

export function ours({ etcd }: PeerSettings): Peer {
  const store = new EtcdStore({ hosts: etcd });
  const locks = new LockClient({ store, namespace: 'bench/ours/' });
  return {
    async acquire(key) {
      const lock = await locks.acquire(key, { waitTimeout: '60s' });
      return { token: lock.fencingToken, release: () => lock.release() };
    },
    async close() {
      await locks.close();
      await store.close();
    },
  };
}
