import type { AcquireOptions, LockKey } from '../../lib/core/index.js';
import { spawnWorker, type Worker } from './worker.js';
import type { Company } from './witness.js';

export interface WorkerSettings {
  readonly hosts: readonly string[];
  readonly auth?: { readonly username: string; readonly password: string };
  readonly namespace?: string;
  readonly ttl?: number;
  readonly waitTimeout?: number;
}

/** What a holder sees when it looks at its handle. */
export interface Look {
  readonly held: boolean;
  /** `'held'`, or the code of what `assertHeld` threw. */
  readonly asserted: string;
  readonly remaining: number;
  readonly aborted: boolean;
}

export interface Held {
  readonly id: string;
  readonly token: bigint;
  /** Wall clock, which the processes of one machine share. */
  readonly at: number;
}

/** Callers that take one lock again and again, each time into rooms that a witness watches. */
export interface Contest {
  readonly keys: LockKey;
  readonly cycles: number;
  /** @default 1 */
  readonly callers?: number;
  readonly company: Company;
  readonly rooms: readonly string[];
  readonly options?: Omit<AcquireOptions, 'signal'>;
  /** @default one turn of the event loop */
  readonly insideMs?: number;
}

/** Calls fail with what the library threw: its code and its fields, not its class. */
export interface LockWorkerApi {
  acquire(
    key: LockKey,
    options?: Omit<AcquireOptions, 'signal'>,
  ): Promise<Held>;
  release(id: string): Promise<void>;
  /** When the signal aborted, on the wall clock; looks at nothing else. */
  toldAt(id: string): Promise<number | undefined>;
  look(id: string): Promise<Look>;
  /**
   * Runs one synchronous piece of code that notices a pause of the process longer than `pauseMs`
   * and looks at the handle in the very next statement. Says `spinning` when it is about to run.
   */
  lookAfterPause(
    id: string,
    pauseMs: number,
  ): Promise<{
    before: Look;
    after: Look;
    /** Turns of the event loop until the signal aborted. */
    abortedAfterTurns: number | undefined;
  }>;
  /** Blocks the event loop, then looks. */
  lookAfterBlocking(
    id: string,
    blockMs: number,
  ): Promise<{ before: Look; after: Look }>;
  /** Writes into etcd under the lock's guard; tells whether etcd let it. */
  putGuarded(id: string, key: string, value: string): Promise<boolean>;
  contend(contest: Contest): Promise<void>;
  /** Closes client and store. The process then has to end by itself. */
  close(): Promise<void>;
}

const REPLY_TIMEOUT_MS = 40_000;

/** A `LockClient` on an `EtcdStore` in a process of its own. */
export interface LockWorker extends LockWorkerApi {
  readonly process: Worker;
}

export async function startLockWorker(
  settings: WorkerSettings,
  prefix?: readonly string[],
): Promise<LockWorker> {
  const process = spawnWorker(
    new URL('./fixtures/lock.worker.ts', import.meta.url),
    { LOCK_WORKER: JSON.stringify(settings) },
    prefix,
  );
  await process.next('ready', REPLY_TIMEOUT_MS);
  let calls = 0;
  const call =
    (method: keyof LockWorkerApi) =>
    async (...args: unknown[]) => {
      const id = (calls += 1);
      process.send({ type: 'call', id, method, args });
      const reply = await process.next<{ value?: unknown; error?: object }>(
        `reply ${id}`,
        REPLY_TIMEOUT_MS,
      );
      if (reply.error) throw Object.assign(new Error(), reply.error);
      return reply.value;
    };
  const methods: (keyof LockWorkerApi)[] = [
    'acquire',
    'release',
    'toldAt',
    'look',
    'lookAfterPause',
    'lookAfterBlocking',
    'putGuarded',
    'contend',
    'close',
  ];
  const api = Object.fromEntries(methods.map((name) => [name, call(name)]));
  return { process, ...(api as unknown as LockWorkerApi) };
}
