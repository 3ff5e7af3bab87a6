import { Redis } from 'ioredis';
import Redlock, { ExecutionError } from 'redlock';
import type { Peer } from './peer.js';

/** With its default settings: ten more attempts, about 200 ms apart, then an error. */
export function redlock(port: number): Peer {
  const redis = new Redis(port, '127.0.0.1');
  const locks = new Redlock([redis]);
  return {
    async acquire(key) {
      try {
        const lock = await locks.acquire([`bench/redlock/${key}`], 10_000);
        return { release: () => lock.release() };
      } catch (error) {
        if (error instanceof ExecutionError) return undefined;
        throw error;
      }
    },
    close: () => locks.quit(),
  };
}
