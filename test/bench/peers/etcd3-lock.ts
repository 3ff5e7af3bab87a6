import { Etcd3, EtcdLockFailedError } from 'etcd3';
import type { Peer, PeerSettings } from './peer.js';

/** `client.lock(key)`, with the TTL of its default. It does not wait: a busy lock is an error. */
export function etcd3Lock({ etcd }: PeerSettings): Peer {
  const client = new Etcd3({ hosts: etcd });
  return {
    async acquire(key) {
      const lock = client.lock(`bench/etcd3/${key}`);
      try {
        await lock.acquire();
        return { release: () => lock.release() };
      } catch (error) {
        if (error instanceof EtcdLockFailedError) return undefined;
        throw error;
      }
    },
    async close() {
      client.close();
    },
  };
}
