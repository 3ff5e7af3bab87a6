import { afterEach, beforeEach, expect } from 'vitest';
import {
  type AcquireOptions,
  type Lock,
  LockClient,
  type LockClientOptions,
  type LockEvent,
  type LockKey,
  prefixRange,
  type StoredKey,
} from '../../../lib/core/index.js';
import { MemoryCluster, MemoryStore } from '../../../lib/memory/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { type Followed, follow } from './follow.js';
import { Network } from './network.js';
import { Traffic } from './traffic.js';

const STEP_MS = 5;

/** One process of an application, with its own way to the cluster. */
export interface Instance {
  readonly locks: LockClient;
  readonly network: Network;
  readonly traffic: Traffic;
  readonly events: readonly LockEvent[];
}

/** An instance that asked for a key. */
export interface Applicant extends Instance {
  readonly call: Followed<Lock>;
  /** The lock, which it must have by now. */
  readonly lock: Lock;
}

/** A cluster, the processes that use it, and the time they live in. */
export class World {
  readonly clock = new ManualClock();
  readonly cluster = new MemoryCluster({ clock: this.clock });
  /** For the bystander who sees everything. */
  readonly store = new MemoryStore({ cluster: this.cluster });
  private readonly instances: Instance[] = [];

  instance(options: Partial<LockClientOptions> = {}): Instance {
    const { clock, cluster } = this;
    const network = new Network(new MemoryStore({ cluster }), { clock });
    const traffic = new Traffic(network);
    const locks = new LockClient({
      store: traffic,
      clock,
      random: () => 0.5,
      ...options,
    });
    const events: LockEvent[] = [];
    locks.subscribe((event) => events.push(event));
    const instance = { locks, network, traffic, events };
    this.instances.push(instance);
    return instance;
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Whatever waits for promises only comes to its end. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }

  /** The outcome of `promise`, which must be known before `withinMs` have passed. */
  async outcome<T>(promise: Promise<T>, withinMs = 0): Promise<T> {
    const followed = follow(promise);
    const deadline = this.clock.now().mono + withinMs;
    await this.settle();
    while (followed.state === 'pending') {
      const left = deadline - this.clock.now().mono;
      if (left <= 0) throw new Error(`Still pending after ${withinMs} ms.`);
      await this.clock.advance(Math.min(STEP_MS, left));
    }
    return promise;
  }

  /** What `promise` rejects with. */
  async failure(promise: Promise<unknown>, withinMs = 0): Promise<unknown> {
    return this.outcome(
      promise.then(
        (value) => {
          throw new Error(`Resolved to ${String(value)}.`);
        },
        (error: unknown) => error,
      ),
      withinMs,
    );
  }

  /** Further processes that ask for the key one after the other; the first may hold it. */
  async queueUp(
    count: number,
    key: LockKey = 'k',
    options: AcquireOptions = {},
  ): Promise<readonly Applicant[]> {
    const applicants: Applicant[] = [];
    while (applicants.length < count) {
      const instance = this.instance();
      const call = follow(
        instance.locks.acquire(key, { waitTimeout: Infinity, ...options }),
      );
      applicants.push({
        ...instance,
        call,
        get lock() {
          expect(call).toMatchObject({ state: 'resolved' });
          return call.value!;
        },
      });
      await this.settle();
    }
    return applicants;
  }

  /** Deletes a key in the cluster, as somebody with etcdctl would. */
  async remove(key: string): Promise<void> {
    await this.store.transact({
      compare: [],
      success: [{ kind: 'delete', range: { key } }],
      failure: [],
    });
  }

  /** The tickets of a key, in the order of its queue. */
  tickets(key: string, namespace = 'locks/'): Promise<readonly StoredKey[]> {
    return this.keys(`${namespace}${encodeURIComponent(key)}/`);
  }

  async keys(prefix = 'locks/'): Promise<readonly StoredKey[]> {
    const range = prefixRange(prefix);
    return (await this.store.read({ kind: 'range', range })).keys;
  }

  /** The leases that are alive, of those that instances were granted. */
  async leases(): Promise<readonly bigint[]> {
    const granted = this.instances.flatMap(({ traffic }) => traffic.leases);
    const answers = await Promise.all(
      granted.map((lease) => this.store.keepAlive(lease)),
    );
    return granted.filter((_, index) => answers[index] !== 'gone');
  }

  /** Closes every instance and fails if anything is left of them. */
  async end(): Promise<void> {
    for (const { network } of this.instances) network.heal();
    const closing = this.instances.map(({ locks }) => locks.close());
    await this.outcome(Promise.all(closing), 6_000);
    // What could not be removed under faults goes with its lease.
    if (this.instances.some(({ network }) => network.faulted))
      await this.advance(60_000);
    const watched = this.instances.flatMap(({ traffic }) => [
      ...traffic.watched,
    ]);
    expect({
      keys: (await this.keys()).map(({ key }) => key),
      leases: await this.leases(),
      watched,
      timers: this.clock.pendingTimers,
    }).toEqual({ keys: [], leases: [], watched: [], timers: 0 });
  }
}

/** A new world for each test of a file; after it nothing may be left. */
export function useWorld(): () => World {
  let world: World;
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
    world = new World();
  });
  afterEach(async () => {
    try {
      await world.end();
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
  return () => world;
}
