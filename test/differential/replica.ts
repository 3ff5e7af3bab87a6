import {
  type KeyRange,
  type LeaseId,
  type LockStore,
  type Revision,
  StoreError,
  type Watch,
  type WatchEvent,
} from '../../lib/core/index.js';
import { within } from '../support/wait-until.js';
import { leaseless, leaselessReplies } from './keys-only.js';
import type { Progress, Step } from './program.js';

const CALL = { timeoutMs: 20_000 };
const NEVER_OPENED: LeaseId = 0x123n;

/** What a store was seen to do, in the terms of the program. */
export type Sight = unknown;

interface OpenWatch {
  readonly handle: Watch;
  readonly heard: WatchEvent[];
}

/** One store that runs a program. */
export class Replica {
  private readonly leases: LeaseId[] = [0n];
  private readonly watches: OpenWatch[] = [];
  private onMarker = () => {};

  private constructor(
    private readonly store: LockStore,
    private readonly marker: string,
    private base: Revision,
  ) {}

  /** `prefix` is that of all keys of the program. */
  static async start(store: LockStore, prefix: string): Promise<Replica> {
    // Outside all ranges that the program can name.
    const marker = `~${prefix}`;
    const replica = new Replica(store, marker, 0n);
    replica.base = await replica.watch({ key: marker }, false, () =>
      replica.onMarker(),
    );
    return replica;
  }

  async progress(): Promise<Progress> {
    const range = { kind: 'range', range: { key: this.marker } } as const;
    const { revision } = await this.store.read(range, CALL);
    return {
      revision: revision - this.base,
      leases: this.leases.length - 1,
      watches: this.watches.length - 1,
    };
  }

  /** What the step came to: its reply, or the error that refused it. */
  async run(step: Step): Promise<Sight> {
    try {
      return this.inTermsOfProgram(await this.call(this.inOwnTerms(step)));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { reason: error.reason, outcome: error.outcome };
    }
  }

  /** All that the watches have heard. */
  async heard(): Promise<Sight> {
    await this.settle();
    return this.watches.map(({ heard }) => this.inTermsOfProgram(heard));
  }

  private async call(step: Step): Promise<unknown> {
    const { store } = this;
    switch (step.kind) {
      case 'grant': {
        const { id, ttlMs } = await store.grantLease(step.ttlSeconds, CALL);
        this.leases.push(id);
        return ttlMs;
      }
      case 'keepAlive':
        return store.keepAlive(step.lease, CALL);
      case 'revoke':
        return store.revokeLease(step.lease, CALL);
      case 'attached': {
        const { keys, revision } = await store.attachedKeys(step.lease, CALL);
        // In whatever order.
        return { keys: [...keys].sort(), revision };
      }
      case 'transact': {
        const reply = await store.transact(step.transaction, CALL);
        return { ...reply, ...leaselessReplies(step.transaction, reply) };
      }
      case 'read': {
        const { operation, stale } = step;
        const reply = await store.read(operation, { ...CALL, stale });
        return { ...reply, ...leaseless(operation, reply) };
      }
      case 'watch': {
        const revision = await this.watch(step.range, step.deletesOnly);
        return { revision };
      }
      case 'cancel':
        await this.settle();
        // The first is our own.
        this.watches[step.watch + 1]!.handle.cancel();
        return undefined;
    }
  }

  /** Resolves with the revision from which on it hears everything. */
  private watch(
    range: KeyRange,
    deletesOnly: boolean,
    onEvent = () => {},
  ): Promise<Revision> {
    const heard: WatchEvent[] = [];
    const created = new Promise<Revision>((resolve, reject) => {
      const listener = {
        created: resolve,
        events: (events: readonly WatchEvent[]) => {
          heard.push(...events);
          onEvent();
        },
        ended: reject,
      };
      const handle = this.store.watch(range, listener, { deletesOnly });
      this.watches.push({ handle, heard });
    });
    return within(created, 'a watch to be created');
  }

  /** Watches share a stream: when the marker has come, so has everything before it. */
  private async settle(): Promise<void> {
    const come = new Promise<void>((resolve) => (this.onMarker = resolve));
    const put = { kind: 'put', key: this.marker, value: '' } as const;
    const transaction = { compare: [], success: [put], failure: [] };
    await this.store.transact(transaction, CALL);
    await within(come, 'the marker');
  }

  private inOwnTerms(step: Step): Step {
    const { base, leases } = this;
    return convert(step, (name, value, { target }) => {
      if (name === 'lease') return leases[Number(value)] ?? NEVER_OPENED;
      const isRevision = name === 'to' && target !== 'version';
      return isRevision && value !== 0n ? value + base : value;
    }) as Step;
  }

  private inTermsOfProgram(value: unknown): Sight {
    const { base, leases } = this;
    return convert(value, (name, number) => {
      if (name === 'lease') return BigInt(leases.indexOf(number));
      return name.toLowerCase().endsWith('revision') ? number - base : number;
    });
  }
}

/** A copy of what was said in which every bigint has been converted. */
function convert(
  value: unknown,
  number: (
    name: string,
    value: bigint,
    among: Readonly<Record<string, unknown>>,
  ) => bigint,
): unknown {
  if (Array.isArray(value)) return value.map((each) => convert(each, number));
  if (typeof value !== 'object' || value === null) return value;
  const among = value as Readonly<Record<string, unknown>>;
  const entries = Object.entries(among).map(([name, each]) => [
    name,
    typeof each === 'bigint'
      ? number(name, each, among)
      : convert(each, number),
  ]);
  return Object.fromEntries(entries) as unknown;
}
