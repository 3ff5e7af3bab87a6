import { type Admission, admits } from './admission.js';
import { LockStoreError } from './errors.js';
import { decodeKey } from './key.js';
import type { LockState, TicketState } from './lock-state.js';
import { prefixRange, type StoredKey, StoreError } from './lock-store.js';
import { departuresIn, leaveTransaction } from './queue-transactions.js';
import type { Runtime } from './runtime.js';
import { readTicket } from './ticket.js';

/** What the queues look like from outside. */
export class Inspection {
  constructor(private readonly runtime: Runtime) {}

  async inspect(key: string, prefix: string): Promise<LockState> {
    return stateOf(key, prefix, await this.read(prefix, key));
  }

  async list(): Promise<readonly LockState[]> {
    const { namespace } = this.runtime;
    const byPrefix = new Map<string, StoredKey[]>();
    for (const stored of await this.read(namespace, '')) {
      const end = stored.key.indexOf('/', namespace.length);
      const prefix = stored.key.slice(0, end + 1);
      if (end === -1 || prefix.startsWith(`${namespace}@`)) continue;
      const queue = byPrefix.get(prefix);
      if (queue === undefined) byPrefix.set(prefix, [stored]);
      else queue.push(stored);
    }
    return [...byPrefix].map(([prefix, keys]) =>
      stateOf(decodeKey(prefix.slice(namespace.length, -1)), prefix, keys),
    );
  }

  /** Deletes the tickets that are admitted at this moment, and only those. */
  async forceRelease(key: string, prefix: string): Promise<number> {
    const { holders } = await this.inspect(key, prefix);
    let released = 0;
    for (const { ticket, createRevision } of holders) {
      const reply = await this.ask(key, () =>
        this.runtime.commits.submit(
          leaveTransaction([{ prefix, name: ticket, createRevision }]),
        ),
      );
      if (departuresIn(reply)) released += 1;
    }
    return released;
  }

  private async read(
    prefix: string,
    key: string,
  ): Promise<readonly StoredKey[]> {
    const { keys } = await this.ask(key, () =>
      this.runtime.store.read(
        { kind: 'range', range: prefixRange(prefix) },
        { timeoutMs: this.runtime.requestTimeoutMs },
      ),
    );
    return keys;
  }

  private async ask<T>(key: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw LockStoreError.from(key, error);
    }
  }
}

function stateOf(
  key: string,
  prefix: string,
  tickets: readonly StoredKey[],
): LockState {
  const holders: TicketState[] = [];
  const waiters: TicketState[] = [];
  const ahead: Admission[] = [];
  for (const stored of tickets) {
    const { admission } = readTicket(stored.value);
    (admits(admission, ahead) ? holders : waiters).push(ticketState(stored));
    ahead.push(admission);
  }
  return { key, etcdName: prefix, holders, waiters };
}

function ticketState({ key, value, createRevision }: StoredKey): TicketState {
  const { admission, note } = readTicket(value);
  return { ticket: key, createRevision, ...admission, ...note };
}
