import {
  type LockClient,
  LockClosedError,
  type TicketState,
} from '../core/index.js';
import { checkKnownOptions, reportingErrors } from '../core/internal.js';
import { Campaign } from './campaign.js';
import { electionKey } from './election-key.js';
import {
  checkFunction,
  type LeadOptions,
  takenLeadOptions,
  type TroubleListener,
  warnOfTrouble,
} from './lead-options.js';
import type { Leadership } from './leadership.js';
import { LeaderObserver } from './leader-observer.js';

/** The options of a `LeaderElection`. */
export interface LeaderElectionOptions {
  /**
   * Hears what the `onTrouble` of a call of `lead` would hear, where that has none; what a listener
   * of `observe` throws or rejects with, and an etcd that refuses to show it the leader; and what an
   * `onTrouble` does.
   *
   * @default writes a warning of the process; with `LeaderElectionModule` to Nest's log
   */
  readonly onTrouble?: TroubleListener | undefined;
}

/**
 * Has one process lead among many. The election `name` is the lock on the key `election:<name>`: who
 * holds it leads, who waits for it is next, in the order in which etcd saw them. Its etcd name,
 * without the slash at its end, is an election for `etcdctl elect` and Go's
 * `concurrency.Election`, which take part in it.
 *
 * @example
 * const election = new LeaderElection(new LockClient({ store }));
 * await election.lead('indexer', async ({ signal, fencingToken }) => {
 *   for await (const change of changes({ signal })) await index(change, fencingToken);
 * });
 */
export class LeaderElection {
  private readonly client: LockClient;
  private readonly onTrouble: TroubleListener;
  private readonly campaigns = new Map<Campaign, Promise<unknown>>();
  private closed = false;

  /**
   * On a `LockClient`, or on the one of a `LockService`.
   *
   * @throws {LockConfigurationError} for options that cannot be
   */
  constructor(
    locks: LockClient | { readonly client: LockClient },
    options: LeaderElectionOptions = {},
  ) {
    checkKnownOptions(options, ['onTrouble']);
    const { onTrouble = warnOfTrouble } = options;
    checkFunction('Option "onTrouble"', onTrouble, '');
    this.client = 'client' in locks ? locks.client : locks;
    this.onTrouble = (error) => {
      reportingErrors(warnOfTrouble, () => onTrouble(error));
    };
  }

  /**
   * Waits, for as long as it takes, until this process leads, and runs `work`. When the leadership
   * is lost, waits again and runs `work` again, but not before the run that lost it has ended: a
   * run that ignores its signal keeps this process out, not the others.
   *
   * Resolves to what `work` returned, if it led until `work` had ended or had resigned. Resolves to
   * `undefined`, as soon as `work` has ended, when `options.signal` aborted or the application shut
   * down before it led, or while `work` then failed. etcd failing is no end: it goes on to try.
   *
   * @throws what `work` throws while it leads, or after it resigned; the leadership is given up
   * @throws {LockConfigurationError} before anything is sent, for names and options that cannot be
   *
   * @example
   * await this.election.lead('outbox', async (leadership) => {
   *   while (!leadership.signal.aborted) await this.sendNext(leadership.fencingToken);
   * });
   */
  async lead<T>(
    name: string,
    work: (leadership: Leadership) => T | Promise<T>,
    options: LeadOptions = {},
  ): Promise<T | undefined> {
    const key = electionKey(name);
    checkFunction('The work of a leader', work, key);
    const taken = takenLeadOptions(key, options);
    const campaign = new Campaign(this.client, name, taken, this.onTrouble);
    if (this.closed) campaign.stop(new LockClosedError());
    const running = campaign.run(work);
    this.campaigns.set(campaign, running);
    try {
      return await running;
    } finally {
      this.campaigns.delete(campaign);
    }
  }

  /** Whether this process surely leads at this moment, decided on its own clocks. Asks nobody. */
  isLeading(name: string): boolean {
    electionKey(name);
    return [...this.campaigns.keys()].some(
      (campaign) => campaign.name === name && campaign.leading,
    );
  }

  /**
   * Who leads, of whatever process, as `inspect` shows it; undefined when nobody does.
   *
   * @throws {LockStoreError} when etcd fails
   */
  async leader(name: string): Promise<TicketState | undefined> {
    const { holders } = await this.client.inspect(electionKey(name));
    return holders[0];
  }

  /**
   * Calls `listener` with who leads now, and whenever that changes; with undefined when nobody
   * does. One watch for each call. While etcd cannot be reached nothing is told, and what was told
   * last may be over; afterwards only the outcome is. An etcd that refuses is told to `onTrouble`, once,
   * and asked again. The returned function ends it, as does the shutdown of the application. What
   * `listener` throws or rejects with is logged.
   *
   * @throws {LockConfigurationError} for a name or a listener that cannot be
   */
  observe(
    name: string,
    listener: (leader: TicketState | undefined) => void,
  ): () => void {
    const key = electionKey(name);
    checkFunction('A listener', listener, key);
    const observer = new LeaderObserver(key, listener, this.onTrouble);
    return this.client.follow(observer, { key });
  }

  /**
   * Ends every campaign and tells those who lead to end, through their `signal`. Resolves when
   * they have. The locks stay open. A `LeaderElectionModule` calls it at the shutdown.
   */
  async close(): Promise<void> {
    this.closed = true;
    for (const campaign of this.campaigns.keys()) {
      campaign.stop(new LockClosedError());
    }
    await Promise.allSettled(this.campaigns.values());
  }
}
