import type { TestContext } from 'vitest';
import {
  LockClient,
  type LockClientOptions,
  type LockEvent,
} from '../../lib/core/index.js';
import type { EtcdHostsOptions } from '../../lib/etcd/index.js';
import { currentRevision, namesBelow, openLeases } from './etcd-gateway.js';
import { type Etcd, startEtcd, type StartEtcdOptions } from './etcd.js';
import {
  type LockWorker,
  startLockWorker,
  type WorkerSettings,
} from './lock-worker.js';
import { RecordingStore } from './recording-store.js';
import { storeOnRoad } from './road.js';
import { waitUntil } from './wait-until.js';
import { DirectoryRoom } from './witness-room.js';
import { Witness } from './witness.js';

export type ClientSettings = Omit<LockClientOptions, 'store'> &
  Partial<Pick<EtcdHostsOptions, 'hosts' | 'auth'>>;

/** A client of this process, as separate from others as one of another process would be. */
export interface Participant {
  readonly locks: LockClient;
  readonly store: RecordingStore;
  readonly events: readonly LockEvent[];
}

/** One etcd cluster, and everybody who uses it in one test file. */
export class LockWorld {
  private readonly participants = new Set<Participant>();
  private readonly workers = new Set<LockWorker>();
  private readonly rooms = new Set<DirectoryRoom>();

  private constructor(readonly etcd: Etcd) {}

  static async start(options?: StartEtcdOptions): Promise<LockWorld> {
    return new LockWorld(await startEtcd(options));
  }

  /** Of one test, which may run beside others of its file; it is stopped when that is over. */
  static async startFor(
    { onTestFinished }: TestContext,
    options?: StartEtcdOptions,
  ): Promise<LockWorld> {
    const world = await LockWorld.start(options);
    onTestFinished(() => world.stop());
    return world;
  }

  participant({
    hosts = this.etcd.endpoints,
    auth,
    ...options
  }: ClientSettings = {}): Participant {
    const store = new RecordingStore(storeOnRoad({ hosts, auth }));
    const events: LockEvent[] = [];
    const locks = new LockClient({ store, ttl: '3s', ...options });
    locks.subscribe((event) => events.push(event));
    const participant = { locks, store, events };
    this.participants.add(participant);
    return participant;
  }

  locks(settings?: ClientSettings): LockClient {
    return this.participant(settings).locks;
  }

  async worker(settings: Partial<WorkerSettings> = {}): Promise<LockWorker> {
    const worker = await startLockWorker({
      hosts: this.etcd.endpoints,
      ttl: 3_000,
      ...settings,
    });
    this.workers.add(worker);
    return worker;
  }

  workersOf(count: number, settings?: Partial<WorkerSettings>) {
    return Promise.all(
      Array.from({ length: count }, () => this.worker(settings)),
    );
  }

  witness(): Witness<DirectoryRoom> {
    const room = DirectoryRoom.create();
    this.rooms.add(room);
    return new Witness(room);
  }

  /** The names of everything below `prefix`, oldest first. */
  names(prefix = 'locks/'): Promise<string[]> {
    return namesBelow(this.etcd.endpoints, prefix);
  }

  revision(): Promise<bigint> {
    return currentRevision(this.etcd.endpoints);
  }

  /** The leases that etcd knows. */
  leases(): Promise<bigint[]> {
    return openLeases(this.etcd.endpoints);
  }

  /** Resolves once so many tickets stand in the queue of `key`. */
  async queued(key: string, count: number): Promise<string[]> {
    return waitUntil(
      async () => {
        const names = await this.names(`locks/${encodeURIComponent(key)}/`);
        return names.length === count && names;
      },
      { what: `${count} tickets for ${key}` },
    );
  }

  /** Everybody who is still here leaves. */
  async leave(): Promise<void> {
    const { participants, workers, rooms } = this;
    await Promise.all([
      ...[...participants].map(({ locks, store }) =>
        locks.close().then(() => store.close()),
      ),
      ...[...workers].map((worker) => worker.process.kill()),
    ]);
    for (const room of rooms) room.remove();
    for (const set of [participants, workers, rooms]) set.clear();
  }

  async stop(): Promise<void> {
    await this.leave();
    await this.etcd.stop();
  }
}
