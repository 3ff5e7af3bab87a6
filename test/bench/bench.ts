import { Redis } from 'ioredis';
import { startEtcd } from '../support/etcd.js';
import { waitUntil } from '../support/wait-until.js';
import { startRedis } from '../support/redis.js';
import { checked } from './exclusion.js';
import type { Load, Outcome } from './load.js';
import type { Found } from './missing.js';
import {
  type GoPeerName,
  type NodePeerName,
  REDIS_PEERS,
} from './peers/index.js';
import type { PeerSettings } from './peers/peer.js';
import { inTurns } from './rounds.js';
import {
  type GoRunner,
  type NodeRunner,
  type Runner,
  startGoRunner,
  startNodeRunner,
} from './runner.js';

export type Size = 'quick' | 'default' | 'full';

export interface Terms {
  /** How long one run of one peer is counted. */
  readonly seconds: number;
  readonly rounds: number;
}

/** Somebody who can be put under load for so many seconds. */
export interface Contestant {
  readonly name: string;
  run(seconds: number): Promise<Outcome>;
}

/** A load but for its time; by default on keys that no other load has used. */
export type Shape = Omit<Load, 'from' | 'until' | 'prefix'> & {
  readonly prefix?: string;
};

const WARM_UP_SECONDS = 1;

const STAY_SECONDS = 0.4;
const STAY_MS = 2;

/** How long it takes until every runner knows its load. */
const ALL_HAVE_HEARD_MS = 50;

/** What all measures share: one etcd, two Redis, and whoever puts loads on them. */
export class Bench {
  private readonly runners = new Set<NodeRunner | GoRunner>();
  private loads = 0;

  private constructor(
    readonly size: Size,
    readonly settings: PeerSettings,
    /** The built Go program, where there is Go. */
    private readonly goProgram: string | undefined,
    private readonly stopServers: () => Promise<void>,
  ) {}

  static async start(
    size: Size,
    rivals: { readonly go: string | undefined; readonly redis: boolean },
  ): Promise<Bench> {
    const etcd = await startEtcd({
      fsync: true,
      args: ['--quota-backend-bytes=8589934592', '--log-level=error'],
    });
    const redis = rivals.redis ? await startBoth() : undefined;
    const settings = {
      etcd: etcd.member.endpoint,
      ...(redis && { redis: redis.ports }),
    };
    return new Bench(size, settings, rivals.go, async () => {
      await Promise.all([etcd.stop(), redis?.stop()]);
    });
  }

  get found(): Found {
    return {
      go: this.goProgram !== undefined,
      redis: this.settings.redis !== undefined,
    };
  }

  /** The locks on Redis, where there is Redis. */
  get redisPeers(): readonly (typeof REDIS_PEERS)[number][] {
    return this.settings.redis ? REDIS_PEERS : [];
  }

  /** The size of one measure, shortened for a quick look. */
  terms(usual: Terms): Terms {
    return this.size === 'quick'
      ? { seconds: usual.seconds / 2, rounds: Math.min(usual.rounds, 3) }
      : usual;
  }

  async nodeRunner(): Promise<NodeRunner> {
    const runner = await startNodeRunner(this.settings);
    this.runners.add(runner);
    return runner;
  }

  /** A process of its own for each of these peers; of those in Go, where there is Go. */
  async runnersOf(
    names: readonly NodePeerName[],
    goNames: readonly GoPeerName[] = [],
  ): Promise<Map<string, Runner>> {
    const runners = new Map<string, Runner>();
    for (const name of names)
      runners.set(name, (await this.nodeRunner()).as(name));
    for (const name of goNames) {
      const go = this.goRunner();
      if (go !== undefined) runners.set(name, go.as(name));
    }
    return runners;
  }

  goRunner(): GoRunner | undefined {
    if (this.goProgram === undefined) return undefined;
    const runner = startGoRunner(this.goProgram, this.settings.etcd);
    this.runners.add(runner);
    return runner;
  }

  /** Lets everybody have their turn in every round, after a short one that does not count. */
  async compare(
    usual: Terms,
    contestants: readonly Contestant[],
  ): Promise<ReadonlyMap<string, readonly Outcome[]>> {
    const { seconds, rounds } = this.terms(usual);
    const lasting = (turn: number) =>
      contestants.map(({ name, run }) => ({ name, run: () => run(turn) }));
    await inTurns(1, lasting(WARM_UP_SECONDS));
    return inTurns(rounds, lasting(seconds));
  }

  /** Puts the same load on all of these at the same time. */
  async run(
    runners: readonly Runner[],
    seconds: number,
    shape: Shape,
  ): Promise<Outcome> {
    const load = this.newLoad(seconds, shape);
    const outcomes = await Promise.all(
      runners.map((runner) => runner.run(load)),
    );
    return checked(together(outcomes));
  }

  /**
   * Those who leave at once seldom meet anybody, even in a lock that excludes nobody: for a while,
   * which does not count, every holder stays inside.
   *
   * @throws {ExclusionViolated}
   */
  async checkExclusion(
    runners: readonly Runner[],
    shape: Shape,
  ): Promise<void> {
    await this.run(runners, STAY_SECONDS, { ...shape, stayMs: STAY_MS });
  }

  /** Many callers in one process and a single one in another, all after the same keys. */
  async runBoth(
    many: Runner,
    single: Runner,
    seconds: number,
    shape: Shape,
  ): Promise<[many: Outcome, single: Outcome]> {
    const load = this.newLoad(seconds, shape);
    return Promise.all([many.run(load), single.run({ ...load, callers: 1 })]);
  }

  private newLoad(seconds: number, shape: Shape): Load {
    const from = Date.now() + ALL_HAVE_HEARD_MS;
    const until = from + seconds * 1000;
    return { prefix: this.freshPrefix(), ...shape, from, until };
  }

  /** For keys that no other load has used. */
  freshPrefix(): string {
    this.loads += 1;
    return `${this.loads}`;
  }

  /** Ends the processes of one measure. */
  async stopRunners(): Promise<void> {
    await Promise.all([...this.runners].map((runner) => runner.stop()));
    this.runners.clear();
  }

  async stop(): Promise<void> {
    await this.stopRunners();
    await this.stopServers();
  }
}

/** One Redis that syncs every write to its disk, and one that syncs none. */
async function startBoth() {
  const synced = await startRedis();
  const unsynced = await startRedis();
  await syncEveryWrite(synced.port);
  return {
    ports: { synced: synced.port, unsynced: unsynced.port },
    stop: () => Promise.all([synced.stop(), unsynced.stop()]),
  };
}

function together(outcomes: readonly Outcome[]): Outcome {
  return {
    cycles: outcomes.reduce((sum, { cycles }) => sum + cycles, 0),
    seconds: Math.max(...outcomes.map(({ seconds }) => seconds)),
    p50Ms: outcomes[0]!.p50Ms,
    refused: outcomes.reduce((sum, { refused }) => sum + refused, 0),
    visits: outcomes.flatMap(({ visits }) => visits),
    violations: outcomes.flatMap(({ violations }) => violations),
  };
}

async function syncEveryWrite(port: number): Promise<void> {
  const redis = new Redis(port, '127.0.0.1');
  await redis.config('SET', 'appendfsync', 'always');
  await redis.config('SET', 'appendonly', 'yes');
  await waitUntil(
    async () =>
      (await redis.info('persistence')).includes('aof_rewrite_in_progress:0'),
    { what: 'Redis to begin its log' },
  );
  await redis.quit();
}
