import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  type AcquireOptions,
  type Clock,
  type Lock,
  type LockState,
  type LockStore,
  prefixRange,
  systemClock,
} from '../../core/index.js';
import type { StoreUnderTest } from '../contract/contract-world.js';
import { type Fate, fateOf } from './fate.js';
import { Party } from './party.js';
import type { WayOfTaking } from './way-of-taking.js';

export type LockCheck = (world: LockWorld) => Promise<void>;

/** Checks by the promise they check. */
export type LockTable = Readonly<Record<string, LockCheck>>;

const STEP_MS = 5;
const PATIENCE_MS = 20_000;
const KEY = 'the key';

/** The parties that want one key, each a process of its own as far as the store can tell. */
export class LockWorld {
  readonly namespace = `lock-contract-${randomBytes(6).toString('hex')}/`;
  private readonly parties: Party[] = [];

  constructor(
    private readonly subject: StoreUnderTest,
    readonly way: WayOfTaking,
  ) {}

  async party(ttl: '2s' | '15s' = '15s'): Promise<Party> {
    const party = new Party(await this.subject.connect(), {
      clock: this.clock,
      namespace: this.namespace,
      ttl,
      way: this.way,
    });
    this.parties.push(party);
    return party;
  }

  /** Lets time pass until the outcome of `promise` is known. */
  async outcome<T>(promise: Promise<T>): Promise<T> {
    const fate = fateOf(promise);
    await this.eventually('a promise is settled', () => fate.known);
    return promise;
  }

  /** What `promise` rejects with. */
  async failure(promise: Promise<unknown>): Promise<unknown> {
    const fate = fateOf(promise);
    await this.eventually('a promise is settled', () => fate.known);
    assert(fate.failed, 'the promise was resolved');
    return fate.error;
  }

  /** Begins to ask for the key, and resolves once `party` stands in the queue at place `place`. */
  async queued(
    party: Party,
    place: number,
    options?: AcquireOptions,
  ): Promise<Fate<Lock>> {
    const fate = fateOf(party.take({ waitTimeout: Infinity, ...options }));
    await this.eventually(`somebody waits at place ${place}`, async () => {
      return (await this.state(party)).waiters.length >= place;
    });
    assert(!fate.known, 'the key was not free, but was taken');
    return fate;
  }

  async held(fate: Fate<Lock>): Promise<Lock> {
    await this.eventually('a waiter is served', () => fate.known);
    return fate.value();
  }

  state(party: Party): Promise<LockState> {
    return party.locks.inspect(KEY);
  }

  async eventually(
    what: string,
    condition: () => boolean | Promise<boolean>,
  ): Promise<void> {
    const deadline = this.now + PATIENCE_MS;
    await this.advance(0);
    while (!(await condition())) {
      if (this.now > deadline) assert.fail(`waited in vain until ${what}`);
      await this.advance(STEP_MS);
    }
  }

  advance(ms: number): Promise<void> {
    if (this.subject.advance) return this.subject.advance(ms);
    return new Promise((resolve) => {
      systemClock.setTimer(ms, resolve, { keepAlive: true });
    });
  }

  get now(): number {
    return this.clock.now().mono;
  }

  async close(): Promise<void> {
    for (const party of this.parties) party.heal();
    await this.outcome(
      Promise.all(this.parties.map(({ locks }) => locks.close())),
    );
    for (const party of this.parties) await party.disconnect();
  }

  async assertNothingLeft(): Promise<void> {
    const store = await this.subject.connect();
    try {
      await this.eventually('nothing is left', async () => {
        return (await this.namesIn(store)).length === 0;
      });
    } finally {
      await store.close();
    }
  }

  private async namesIn(store: LockStore): Promise<readonly string[]> {
    const range = prefixRange(this.namespace);
    const call = { timeoutMs: 10_000 };
    const { keys } = await store.read({ kind: 'range', range }, call);
    return keys.map(({ key }) => key);
  }

  private get clock(): Clock {
    return this.subject.clock ?? systemClock;
  }
}
