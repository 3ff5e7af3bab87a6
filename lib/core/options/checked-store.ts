import { LockConfigurationError } from '../api/errors.js';
import {
  type CallOptions,
  type LockStore,
  type Revision,
  StoreError,
  type WatchEvent,
  type WatchListener,
} from '../store/lock-store.js';
import type { RevisionHistory } from '../store/revision-history.js';
import type { UnansweredCalls } from '../store/unanswered-calls.js';

const METHODS = [
  'grantLease',
  'keepAlive',
  'revokeLease',
  'timeToLive',
  'attachedKeys',
  'transact',
  'read',
  'watch',
  'close',
] as const satisfies readonly (keyof LockStore)[];

/**
 * The same store, except that whatever it rejects with is a {@link StoreError} of this copy of the
 * library. A store that breaks its word about errors must not stop the removal of a ticket.
 *
 * @throws {LockConfigurationError} for what is no store
 */
export function checkedStore(
  store: LockStore,
  observed: {
    /** Hears of the revisions of its answers. */
    readonly history?: RevisionHistory;
    /** Hears of the calls that a lock may have to wait for. */
    readonly unanswered?: UnansweredCalls;
  } = {},
): LockStore {
  const { history, unanswered } = observed;
  const track = <Reply>(call: Promise<Reply>) =>
    unanswered === undefined ? call : unanswered.track(call);
  const given = store as Partial<LockStore> | null | undefined;
  if (METHODS.some((method) => typeof given?.[method] !== 'function')) {
    throw new LockConfigurationError(
      `Option "store" must be a store, such as an EtcdStore, got ${described(store)}.`,
    );
  }
  return {
    grantLease: (ttlSeconds, call) =>
      track(store.grantLease(ttlSeconds, call)).catch(rethrow),
    keepAlive: (lease, call) =>
      store.keepAlive(lease, told(call, history)).catch(rethrow),
    revokeLease: (lease, call) => store.revokeLease(lease, call).catch(rethrow),
    timeToLive: (lease, call) => store.timeToLive(lease, call).catch(rethrow),
    attachedKeys: (lease, call) =>
      store.attachedKeys(lease, call).catch(rethrow),
    transact: (transaction, call) =>
      track(store.transact(transaction, call)).then(history?.asked(), rethrow),
    read: (operation, call) =>
      track(store.read(operation, call)).then(
        call.stale ? undefined : history?.asked(),
        rethrow,
      ),
    watch: (range, listener, options) =>
      store.watch(range, checkedListener(listener, history), options),
    close: () => store.close(),
  };
}

function told(
  call: CallOptions,
  history: RevisionHistory | undefined,
): Parameters<LockStore['keepAlive']>[1] {
  return history === undefined
    ? call
    : { ...call, answeredAt: history.hinted() };
}

function described(given: unknown): string {
  if (typeof given === 'string') return `'${given}'`;
  return given === null ? 'null' : typeof given;
}

function checkedListener(
  listener: WatchListener,
  history: RevisionHistory | undefined,
): WatchListener {
  const created = history?.hinted();
  return {
    created: (revision) => {
      created?.(revision);
      listener.created(revision);
    },
    events: (events) => {
      for (const event of events) history?.saw(revisionOf(event));
      listener.events(events);
    },
    ended: (error) => listener.ended(toStoreError(error)),
  };
}

function revisionOf(event: WatchEvent): Revision {
  return event.kind === 'put' ? event.stored.modRevision : event.modRevision;
}

function rethrow(error: unknown): never {
  throw toStoreError(error);
}

function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { name, reason, outcome, message } = (error ?? {}) as StoreError;
  return name === 'StoreError'
    ? new StoreError(reason, outcome, message, { cause: error })
    : new StoreError('unknown', 'unknown', String(error), { cause: error });
}
