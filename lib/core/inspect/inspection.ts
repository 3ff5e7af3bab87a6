import { translateStoreErrors } from '../api/errors.js';
import { LockWatch } from './lock-watch.js';
import type { LockWatcher } from '../api/lock-state.js';
import type { LockState, TicketState } from '../api/lock-state.js';
import { prefixRange, type StoredKey } from '../store/lock-store.js';
import { lockStateOf, queueOf } from './queue-state.js';
import { removedAll, removeTransaction } from '../queue/queue-transactions.js';
import type { ClientContext } from '../context/client-context.js';
import { ticketPages } from '../queue/ticket-pages.js';

/** What the queues look like from outside. */
export class Inspection {
  private readonly watches = new Set<LockWatch>();

  constructor(private readonly context: ClientContext) {
    context.history.onSetback(() => {
      for (const watch of this.watches) watch.startAnew();
    });
  }

  async inspect(key: string, prefix: string): Promise<LockState> {
    const { store, namespace, requestTimeoutMs: timeoutMs } = this.context;
    const { keys } = await translateStoreErrors(key, () =>
      store.read({ kind: 'range', range: prefixRange(prefix) }, { timeoutMs }),
    );
    return lockStateOf(namespace, prefix, keys);
  }

  async list(): Promise<readonly LockState[]> {
    const { namespace } = this.context;
    const byPrefix = new Map<string, StoredKey[]>();
    for (const stored of await translateStoreErrors('', () => this.all())) {
      const prefix = queueOf(namespace, stored.key);
      if (prefix === undefined) continue;
      const queue = byPrefix.get(prefix);
      if (queue === undefined) byPrefix.set(prefix, [stored]);
      else queue.push(stored);
    }
    return [...byPrefix].map(([prefix, tickets]) =>
      lockStateOf(namespace, prefix, tickets),
    );
  }

  /** Of the namespace, unless the `prefix` of a queue is given. */
  follow(
    watcher: LockWatcher,
    prefix: string = this.context.namespace,
  ): () => void {
    const watch = new LockWatch(this.context, prefix, watcher);
    this.watches.add(watch);
    return () => {
      this.watches.delete(watch);
      watch.end();
    };
  }

  end(): void {
    for (const watch of this.watches) watch.end();
  }

  /** About how long the lease of a ticket lasts without another renewal. */
  async timeLeft(lease: string): Promise<number> {
    const { store, requestTimeoutMs: timeoutMs } = this.context;
    const left = await translateStoreErrors('', () =>
      store.timeToLive(BigInt(`0x${lease}`), { timeoutMs }),
    );
    return left === 'gone' ? 0 : left;
  }

  /** Deletes `seen`, by default the tickets that are admitted at this moment, and only those. */
  async forceRelease(
    key: string,
    prefix: string,
    seen?: readonly TicketState[],
  ): Promise<number> {
    const holders = seen ?? (await this.inspect(key, prefix)).holders;
    let released = 0;
    for (const { ticket, createRevision } of holders) {
      const reply = await translateStoreErrors(key, () =>
        this.context.commits.submit(
          removeTransaction([{ prefix, name: ticket, createRevision }]),
        ),
      );
      if (removedAll(reply)) released += 1;
    }
    return released;
  }

  private async all(): Promise<StoredKey[]> {
    const all: StoredKey[] = [];
    for await (const { keys } of ticketPages(
      this.context,
      this.context.namespace,
    )) {
      all.push(...keys);
    }
    return all;
  }
}
