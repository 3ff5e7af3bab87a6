import {
  isLockError,
  type AcquireOptions,
  type Lock,
  LockBusyError,
} from '../../lib/core/index.js';
import { Campaign } from '../../lib/election/campaign.js';
import type { Attempt, Wish } from '../simulation/attempt.js';
import { ABORTED } from '../simulation/check-failure.js';
import type { Referee } from '../simulation/referee.js';
import type { Rule } from '../simulation/ticket-record.js';
import { NAMESPACE } from '../simulation/world.js';
import type { Agenda, Posted } from './agenda.js';
import { type ExploredClient, TTL_MS } from './explored-client.js';
import type { Witnessed } from './witnessed.js';

const QUEUE = `${NAMESPACE}a/`;

/** For so long a lease lives, and timers come between. */
const REST_MS = TTL_MS * 0.75;

export interface Asks {
  readonly keys?: readonly string[];
  readonly mode?: 'shared';
  readonly permits?: number;
  /** @default Infinity */
  readonly waitMs?: number;
  readonly minHoldMs?: number;
  /** How long it works. @default for a moment */
  readonly workMs?: number;
  /** It has etcd do something while the lock is its own. */
  readonly guarded?: true;
  readonly dedicatedLease?: true;
  /** How long its process keeps the lock after it, at most. */
  readonly keepMs?: number;
  /** It may be aborted at any moment. */
  readonly aborts?: true;
  readonly metadata?: AcquireOptions['metadata'];
}

/** What the code of one process does, as a world tells it. */
export class Actor {
  private moments = 0;

  constructor(
    readonly client: ExploredClient,
    private readonly agenda: Agenda,
    private readonly referee: Referee,
    private readonly witnessed: Witnessed,
    /** Unique among the callers of a client. */
    private readonly name: string,
  ) {}

  /** Waits for the lock, works, and gives it back. */
  async lock(asks: Asks = {}): Promise<Attempt> {
    const wish = wishOf(asks);
    const attempt = this.invoke(wish);
    try {
      const options = this.optionsOf(attempt, asks);
      const lock = await this.client.locks.acquire(wish.keys, options);
      await this.hold(attempt, lock, asks);
    } catch (error) {
      this.fail(attempt, error);
    }
    return attempt;
  }

  /** Works under the lock. */
  async work(asks: Asks = {}): Promise<void> {
    const wish = wishOf(asks);
    const attempt = this.invoke(wish);
    const options = this.optionsOf(attempt, asks);
    let told = false;
    const work = async (lock: Lock) => {
      this.grant(attempt, lock);
      await this.moment('work');
      if (attempt.state === 'holding') this.letGo(attempt);
      else if (!told) this.referee.blame(`${attempt.name} lost it untold`);
    };
    try {
      await this.client.locks
        .withLock(wish.keys, options, work)
        .finally(() => (told = true));
      this.referee.givenBack(attempt);
    } catch (error) {
      this.fail(attempt, error);
    }
  }

  /** Takes the lock if it is free. */
  async try(asks: Asks = {}): Promise<void> {
    const wish = wishOf({ ...asks, waitMs: 0 });
    const attempt = this.invoke(wish);
    try {
      const { waitTimeout: _, ...options } = wish.options;
      const lock = await this.client.locks.tryAcquire(wish.keys, options);
      if (lock === null) this.fail(attempt, new LockBusyError(''));
      else await this.hold(attempt, lock, asks);
    } catch (error) {
      this.fail(attempt, error);
    }
  }

  /** Leads once. */
  async lead(name: string): Promise<void> {
    const wish = wishOf({ keys: [`election%3A${name}`] });
    let attempt = this.invoke(wish);
    const campaign = new Campaign(this.client.locks, name, {}, () => {});
    try {
      await campaign.run(async ({ lock, signal }) => {
        if (attempt.state !== 'pending') attempt = this.invoke(wish);
        this.grant(attempt, lock);
        await this.moment('work');
        signal.throwIfAborted();
        this.letGo(attempt);
      });
      this.referee.givenBack(attempt);
    } catch (error) {
      this.fail(attempt, error);
    }
  }

  /** Many others, none of them ours, have come to the queue before. They leave, the first one last. */
  async crowd(count: number): Promise<void> {
    const names = Array.from({ length: count }, (_, n) => `${QUEUE}${n}`);
    const { world } = this.client;
    for (const name of names) world.comes(name);
    const [first, ...others] = names;
    await this.rest();
    for (const name of others) world.goes(name);
    await this.rest();
    world.goes(first!);
  }

  /** Takes no more locks, and gives up what it keeps. */
  async drain(): Promise<void> {
    await this.rest();
    this.client.locks.drain();
  }

  /** Time that surely passes. */
  sleep(ms: number): Promise<void> {
    const { clock } = this.client.process;
    return new Promise((resolve) => clock.setTimer(ms, resolve));
  }

  /** A while, after which usually nothing else is under way. */
  rest(): Promise<void> {
    return this.moment('rest', { afterTurns: Infinity, withinMs: REST_MS });
  }

  /** Some moment from now on, in whatever order with all the rest. */
  moment(
    what: string,
    when: Pick<Posted, 'afterTurns' | 'withinMs'> = {},
  ): Promise<void> {
    this.moments += 1;
    const { client, agenda } = this;
    const name = `${this.name}.${what}${this.moments}`;
    return new Promise((resolve) =>
      agenda.post({
        name,
        owner: client.name,
        place: client.name,
        content: '',
        ...when,
        run: () => {
          client.told(name);
          resolve();
        },
      }),
    );
  }

  private async hold(
    attempt: Attempt,
    lock: Lock,
    { workMs, guarded }: Asks,
  ): Promise<void> {
    this.grant(attempt, lock);
    if (guarded) this.write(attempt, lock);
    await (workMs === undefined ? this.moment('work') : this.sleep(workMs));
    this.letGo(attempt);
    await lock.release().then(
      () => this.referee.givenBack(attempt),
      () => {},
    );
  }

  private write({ id, name }: Attempt, lock: Lock): void {
    const put = { kind: 'put', key: `data/${id}`, value: '' } as const;
    lock.transaction({ success: [put] }).catch((error: unknown) => {
      if (!isLockError(error))
        this.referee.blame(`${name}: a transaction failed with ${error}`);
    });
  }

  private invoke(wish: Wish): Attempt {
    const attempt = this.referee.invoked(this.client, wish);
    this.witnessed.ask(attempt);
    return attempt;
  }

  private grant(attempt: Attempt, lock: Lock): void {
    this.referee.granted(attempt, lock);
    this.witnessed.grant(attempt);
  }

  private letGo(attempt: Attempt): void {
    this.witnessed.end(attempt);
    this.referee.released(attempt);
  }

  private fail(attempt: Attempt, error: unknown): void {
    // The clock was set forward before it could begin.
    if (
      isLockError(error, 'LOCK_LOST') &&
      this.client.process.clock.wasStepped
    ) {
      attempt.state = 'over';
      return;
    }
    if (attempt.state !== 'pending') {
      if (!isLockError(error, 'LOCK_LOST'))
        this.referee.blame(`${attempt.name} ended with ${String(error)}`);
      return;
    }
    this.referee.failed(attempt, error);
  }

  private optionsOf(attempt: Attempt, { aborts }: Asks): AcquireOptions {
    const { options } = attempt.wish;
    if (!aborts) return options;
    const controller = new AbortController();
    void this.moment('abort').then(() => {
      if (attempt.state !== 'pending') return;
      attempt.aborted = true;
      controller.abort(ABORTED);
    });
    return { ...options, signal: controller.signal };
  }
}

function ruleOf({ mode, permits }: Asks): Rule {
  if (mode === 'shared') return { mode, permits: Infinity };
  if (permits !== undefined) return { mode: 'permits', permits };
  return { mode: 'exclusive', permits: 1 };
}

function wishOf(asks: Asks): Wish {
  const {
    keys = ['a'],
    waitMs = Infinity,
    minHoldMs = 0,
    keepMs = 0,
    dedicatedLease = false,
    metadata,
  } = asks;
  const rule = ruleOf(asks);
  return {
    keys,
    rule,
    waitMs,
    patienceMs: waitMs === 0 ? TTL_MS * 0.3 : waitMs,
    minHoldMs,
    maxHoldMs: Infinity,
    keepMs,
    queue:
      rule.mode === 'exclusive' && keys.length === 1 && !dedicatedLease
        ? keys[0]
        : undefined,
    options: {
      waitTimeout: waitMs,
      ...(rule.mode === 'shared' && { mode: rule.mode }),
      ...(rule.mode === 'permits' && { permits: rule.permits }),
      ...(minHoldMs > 0 && { minHold: minHoldMs }),
      ...(keepMs > 0 && { keep: keepMs }),
      ...(dedicatedLease && { dedicatedLease }),
      ...(metadata && { metadata }),
    },
  };
}
