import { setTimeout as pause } from 'node:timers/promises';
import { callEtcd, openLeases } from '../../support/etcd-gateway.js';
import { etcdctlLock } from '../../support/etcdctl-lock.js';
import type { Random } from '../../simulation/random.js';
import { waitUntil, within } from '../../support/wait-until.js';
import type { Cluster } from '../cluster.js';
import type { HistoryFile } from '../history/history-file.js';
import { USER } from '../login.js';

/**
 * Longer than all faults, because `etcdctl lock` believes that it holds a lock for as long as it
 * runs. No worker has leases of this length, so what it leaves behind can be told.
 */
const TTL_SECONDS = 77;

/**
 * Not longer, because it may never notice that its turn has come: where etcd's tokens end while it
 * watches, it goes on watching in vain.
 */
const WAIT_MS = 5_000;

export interface ContenderTerms {
  readonly cluster: Cluster;
  /** What etcd sees of the key. */
  readonly name: string;
  readonly key: string;
  readonly history: HistoryFile;
  readonly random: Random;
}

/** Somebody else's program, again and again in the same queue. */
export class EtcdctlContender {
  private stopping = false;
  private id = 0;
  private readonly running: Promise<void>;
  private cleaning: Promise<void> = Promise.resolve();
  private current: ReturnType<typeof etcdctlLock> | undefined;

  constructor(private readonly terms: ContenderTerms) {
    this.running = this.run();
  }

  /** Resolves when nothing stands in the queue that nobody answers for. */
  async clean(): Promise<void> {
    await this.cleaning;
  }

  /** One that waits goes on to its turn, unless that takes too long, and is the last. */
  async drain(timeoutMs: number): Promise<void> {
    this.stopping = true;
    // Whoever is still waiting then is found by the check of liveness.
    await within(this.running, 'etcdctl to end', timeoutMs).catch(() => {});
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.current?.kill();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      await this.takeTurn();
      await pause(this.terms.random.exponential(1_000));
    }
  }

  private async takeTurn(): Promise<void> {
    const { cluster, name, key, history, random } = this.terms;
    const { plainEndpoints } = cluster;
    const id = (this.id += 1);
    const keys = [key];
    history.add({
      kind: 'invoke',
      id,
      keys,
      mode: 'exclusive',
      waitMs: WAIT_MS,
    });
    const lock = etcdctlLock(plainEndpoints, name, {
      ttlSeconds: TTL_SECONDS,
      user: `${USER.username}:${USER.password}`,
    });
    this.current = lock;
    try {
      await lock.holds(WAIT_MS);
    } catch {
      // It also gives up where no member answers, and leaves its ticket where it is.
      await lock.kill();
      history.add({ kind: 'info', id, code: 'ETCDCTL_ENDED' });
      this.cleaning = cleanUpAfterEtcdctl(cluster.endpoints);
      await this.cleaning;
      return;
    }
    history.add({ kind: 'ok', id, left: TTL_SECONDS * 1_000 });
    await pause(random.exponential(100));
    history.add({ kind: 'releasing', id, left: TTL_SECONDS * 1_000 });
    await lock.release().catch(() => lock.kill());
    this.cleaning = cleanUpAfterEtcdctl(cluster.endpoints);
    await this.cleaning;
  }
}

/** Ends what an `etcdctl lock` that failed has left behind. */
export async function removeLeasesOfEtcdctl(
  endpoints: readonly string[],
): Promise<void> {
  for (const lease of await openLeases(endpoints)) {
    const ID = lease.toString();
    const { grantedTTL } = await callEtcd<{ grantedTTL?: string }>(
      endpoints,
      'lease/timetolive',
      { ID },
    );
    if (Number(grantedTTL) !== TTL_SECONDS) continue;
    await callEtcd(endpoints, 'lease/revoke', { ID });
  }
}

/** The same, as soon as etcd lets it. */
export async function cleanUpAfterEtcdctl(
  endpoints: readonly string[],
): Promise<void> {
  await waitUntil(
    async () => {
      await removeLeasesOfEtcdctl(endpoints);
      return true;
    },
    { what: 'etcd to end the leases of etcdctl', timeoutMs: 120_000 },
  );
}
