import { LockClient, type LockClientOptions } from 'nestjs-etcd-lock/core';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import type { Peer, PeerSettings } from './peer.js';

export function ours(
  { etcd }: PeerSettings,
  { keep = 0 }: Pick<LockClientOptions, 'keep'> = {},
): Peer {
  const store = new EtcdStore({ hosts: etcd });
  const locks = new LockClient({ store, namespace: 'bench/ours/', keep });
  return {
    async acquire(key) {
      const lock = await locks.acquire(key, { waitTimeout: '60s' });
      const token = lock.fencingToken;
      const keeps = keep !== 0;
      return { token, keeps, release: () => lock.release() };
    },
    async close() {
      await locks.close();
      await store.close();
    },
  };
}
