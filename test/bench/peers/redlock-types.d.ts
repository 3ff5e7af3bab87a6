// Its own declarations cannot be found: the package's `exports` do not name them.
declare module 'redlock' {
  import type { Redis } from 'ioredis';

  export class ExecutionError extends Error {}

  export class Lock {
    release(): Promise<unknown>;
  }

  export default class Redlock {
    constructor(clients: readonly Redis[], settings?: object);
    acquire(resources: readonly string[], ttlMs: number): Promise<Lock>;
    quit(): Promise<void>;
  }
}
