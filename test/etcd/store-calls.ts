import {
  type KeyRange,
  type LockStore,
  type Operation,
  prefixRange,
  type Revision,
  type StoredKey,
  StoreError,
  type Transaction,
  type WatchEvent,
  type WatchListener,
} from '../../lib/core/store/lock-store.js';
import type { Etcd } from '../support/etcd.js';
import { waitUntil } from '../support/wait-until.js';

export const call = { timeoutMs: 3_000 };
export const everything: KeyRange = prefixRange('t/');

/** Puts `t/<name>` unconditionally: each time it is applied the key's version grows. */
export function put(name: string, value = ''): Operation {
  return { kind: 'put', key: `t/${name}`, value };
}

export function write(...success: Operation[]): Transaction {
  return { compare: [], success, failure: [] };
}

export async function get(
  store: LockStore,
  name: string,
): Promise<StoredKey | undefined> {
  const range = { key: `t/${name}` };
  const { keys } = await store.read({ kind: 'range', range }, call);
  return keys[0];
}

/** What a call was rejected with, which must be a `StoreError`. */
export async function failure(promise: Promise<unknown>): Promise<StoreError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
  if (outcome instanceof StoreError) return outcome;
  throw new Error('Expected a StoreError.', { cause: outcome });
}

/** Reason and outcome of the `StoreError` that a call was rejected with. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const { reason, outcome } = await failure(promise);
  return `${reason}, ${outcome}`;
}

/** Writes down what one watch is told. */
export class WatchLog implements WatchListener {
  readonly createdAt: Revision[] = [];
  readonly heard: WatchEvent[] = [];
  readonly endings: StoreError[] = [];

  created(revision: Revision): void {
    this.createdAt.push(revision);
  }

  events(events: readonly WatchEvent[]): void {
    this.heard.push(...events);
  }

  ended(error: StoreError): void {
    this.endings.push(error);
  }

  get keys(): string[] {
    return this.heard.map((event) =>
      event.kind === 'put' ? event.stored.key : event.key,
    );
  }

  async isCreated(): Promise<this> {
    await waitUntil(() => this.createdAt.length > 0, { what: 'the watch' });
    return this;
  }

  async hasEnded(timeoutMs = 15_000): Promise<StoreError> {
    const what = 'the end of the watch';
    return waitUntil(() => this.endings[0], { what, timeoutMs });
  }
}

/** A number from etcd's own metrics, summed over all labels that contain `label`. */
export async function metric(
  { member }: Etcd,
  name: string,
  label = '',
): Promise<number> {
  const page = await (await fetch(`${member.endpoint}/metrics`)).text();
  const rows = page
    .split('\n')
    .filter((row) => row.startsWith(name) && row.includes(label));
  return rows.reduce((sum, row) => sum + Number(row.split(' ').at(-1)), 0);
}
