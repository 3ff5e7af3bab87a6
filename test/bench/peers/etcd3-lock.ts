import { setTimeout as pause } from 'node:timers/promises';
import { Etcd3, EtcdLockFailedError, isRecoverableError } from 'etcd3';
import type { Peer, PeerSettings } from './peer.js';

const BREAK_MS = 50;

/** `client.lock(key)`, with the TTL of its default. It does not wait: a busy lock is an error. */
export function etcd3Lock({ etcd }: PeerSettings): Peer {
  const client = new Etcd3({ hosts: etcd });
  return {
    async acquire(key) {
      const lock = client.lock(`bench/etcd3/${key}`);
      try {
        await lock.acquire();
        return { release: () => insistently(() => lock.release()) };
      } catch (error) {
        if (error instanceof EtcdLockFailedError || isGivenUp(error)) {
          return undefined;
        }
        throw error;
      }
    },
    async close() {
      client.close();
    },
  };
}

async function insistently(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isGivenUp(error)) throw error;
      await pause(BREAK_MS);
    }
  }
}

/** On a busy machine it says so of an etcd that is well, and for a while refuses every call. */
function isGivenUp(error: unknown): boolean {
  return (
    isRecoverableError(error as Error) ||
    (error as { isBrokenCircuitError?: boolean }).isBrokenCircuitError === true
  );
}
