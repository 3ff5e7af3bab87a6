import { Redis } from 'ioredis';
import { Mutex, TimeoutError } from 'redis-semaphore';
import type { Peer } from './peer.js';

/** With its default settings: an attempt every 10 ms, for at most 10 s. */
export function redisSemaphore(port: number): Peer {
  const redis = new Redis(port, '127.0.0.1');
  return {
    async acquire(key) {
      const mutex = new Mutex(redis, `bench/semaphore/${key}`);
      try {
        await mutex.acquire();
        return { release: () => mutex.release() };
      } catch (error) {
        if (error instanceof TimeoutError) return undefined;
        throw error;
      }
    },
    close: () => redis.quit(),
  };
}
