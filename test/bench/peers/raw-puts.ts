import { Etcd3 } from 'etcd3';
import type { Peer, PeerSettings } from './peer.js';

/**
 * No lock at all: a put instead of each acquire and a delete instead of each release. Two commits,
 * as an uncontended lock needs them.
 */
export function rawPairs({ etcd }: PeerSettings): Peer {
  const client = new Etcd3({ hosts: etcd });
  return {
    async acquire(key) {
      const name = `bench/raw/${key}`;
      await client.put(name).value('');
      return { release: () => client.delete().key(name).exec() };
    },
    async close() {
      client.close();
    },
  };
}

/** One put for each cycle: as often as one caller can commit anything, or several in parallel. */
export function rawPuts({ etcd }: PeerSettings): Peer {
  const client = new Etcd3({ hosts: etcd });
  return {
    async acquire(key) {
      await client.put(`bench/raw/${key}`).value('');
      return { release: () => Promise.resolve() };
    },
    async close() {
      client.close();
    },
  };
}
