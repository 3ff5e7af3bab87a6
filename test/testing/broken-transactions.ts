import {
  type LockStore,
  type Operation,
  type OperationReply,
  type StoredKey,
  StoreError,
  type Transaction,
} from '../../lib/core/store/lock-store.js';
import {
  type BrokenStore,
  call,
  retelling,
  retellingKeys,
  rewriting,
} from './broken-store.js';

const never: Transaction = { compare: [], success: [], failure: [] };

async function oneByOne(
  store: LockStore,
  operations: readonly Operation[],
): Promise<OperationReply[]> {
  const replies = [];
  for (const operation of operations) {
    const asked = { ...never, success: [operation] };
    replies.push(...(await store.transact(asked, call)).replies);
  }
  return replies;
}

export const brokenTransactions: Readonly<Record<string, BrokenStore>> = {
  'compares first and writes later': {
    caughtBy: 'lets exactly one of many concurrent creators succeed',
    defect: (store) => ({
      async transact(asked, options) {
        const { compare } = asked;
        const judged = await store.transact({ ...never, compare }, options);
        const success = judged.succeeded ? asked.success : asked.failure;
        const done = await store.transact({ ...never, success }, options);
        return { ...done, succeeded: judged.succeeded };
      },
    }),
  },
  'loses an update when two clients write at once': {
    caughtBy: 'loses no update of concurrent writers that compare',
    defect: rewriting((asked) => ({
      ...asked,
      compare: asked.compare.filter(({ target }) => target !== 'mod'),
    })),
  },
  'uses a revision for every operation of a transaction': {
    caughtBy: 'applies a transaction at one revision of its own',
    defect: (store) => ({
      async transact({ compare, success, failure }, options) {
        const reply = await store.transact({ ...never, compare }, options);
        const { succeeded } = reply;
        const operations = succeeded ? success : failure;
        const replies = await oneByOne(store, operations);
        const { revision } = await store.transact(never, options);
        return { revision, succeeded, replies };
      },
    }),
  },
  'shows nested comparisons what was done before them': {
    caughtBy:
      'judges nested comparisons on the state before the whole transaction',
    defect: (store) => ({
      async transact({ compare, success, failure }, options) {
        const { succeeded } = await store.transact(
          { ...never, compare },
          options,
        );
        const replies = await oneByOne(store, succeeded ? success : failure);
        const { revision } = await store.transact(never, options);
        return { revision, succeeded, replies };
      },
    }),
  },
  'shows a nested comparison what the nested transaction before it did': {
    caughtBy:
      'hides the changes of one nested transaction from the comparisons of the next',
    defect: (store) => ({
      async transact(asked, options) {
        const isNested = ({ kind }: Operation) => kind === 'transaction';
        if (asked.success.filter(isNested).length < 2) {
          return store.transact(asked, options);
        }
        const replies = await oneByOne(store, asked.success);
        const { revision } = await store.transact(never, options);
        return { revision, succeeded: true, replies };
      },
    }),
  },
  'uses up a revision for nothing': {
    caughtBy: 'keeps its revision when a transaction changes nothing',
    defect: (store) => ({
      async transact(asked, options) {
        const reply = await store.transact(asked, options);
        const tick: Operation = { kind: 'put', key: 'tick', value: '' };
        await store.transact({ ...never, success: [tick] }, options);
        return { ...reply, revision: reply.revision + 1n };
      },
    }),
  },
  'resets the create revision with every put': {
    caughtBy: 'keeps the create revision of a key that is put again',
    defect: retellingKeys((key) => ({
      ...key,
      createRevision: key.modRevision,
    })),
  },
  'gives a key that comes back its first create revision': {
    caughtBy: 'gives a key that was deleted a new, greater create revision',
    defect: retelling((reply, shared) => {
      const first = ((shared as { first?: Map<string, StoredKey> }).first ??=
        new Map());
      const keys = reply.keys.map((key) => {
        if (!first.has(key.key)) first.set(key.key, key);
        const { createRevision } = first.get(key.key)!;
        return { ...key, createRevision };
      });
      return { ...reply, keys };
    }),
  },
  'counts the versions of a key on after its delete': {
    caughtBy: 'gives a key that was deleted a new, greater create revision',
    defect: retellingKeys((key) => ({ ...key, version: key.modRevision })),
  },
  'runs both branches': {
    caughtBy: 'runs the success branch only when every comparison holds',
    defect: (store) => ({
      async transact(asked, options) {
        const reply = await store.transact(asked, options);
        const other = reply.succeeded ? asked.failure : asked.success;
        await store.transact({ ...never, success: other }, options);
        return reply;
      },
    }),
  },
  'answers all ranges of a transaction from the state before it': {
    caughtBy: 'shows operations what earlier ones of the transaction did',
    defect: (store) => ({
      async transact(asked, options) {
        const before = await Promise.all(
          asked.success.map((operation) =>
            operation.kind === 'range'
              ? store.read(operation, options)
              : Promise.resolve(undefined),
          ),
        );
        const reply = await store.transact(asked, options);
        if (!reply.succeeded) return reply;
        return {
          ...reply,
          replies: reply.replies.map((each, i) => before[i] ?? each),
        };
      },
    }),
  },
  'deletes the end of a range, too': {
    caughtBy: 'deletes exactly the keys of a range and counts them',
    defect: rewriting((asked) => ({
      ...asked,
      success: asked.success.map((operation) =>
        operation.kind === 'delete' && operation.range.end !== undefined
          ? {
              ...operation,
              range: { ...operation.range, end: operation.range.end + '\0' },
            }
          : operation,
      ),
    })),
  },
  'takes the last of two puts of one key': {
    caughtBy: 'refuses a key that is put twice and applies nothing',
    defect: rewriting((asked) => ({
      ...asked,
      success: asked.success.filter(
        (operation, i, all) =>
          operation.kind !== 'put' ||
          !all
            .slice(i + 1)
            .some(
              (later) => later.kind === 'put' && later.key === operation.key,
            ),
      ),
    })),
  },
  'deletes first when a key is put and deleted': {
    caughtBy: 'refuses a key that is put and deleted and applies nothing',
    defect: (store) => ({
      async transact(asked, options) {
        const puts = asked.success.filter(({ kind }) => kind === 'put');
        if (puts.length === 0) return store.transact(asked, options);
        const rest = asked.success.filter(({ kind }) => kind !== 'put');
        await store.transact({ ...asked, success: rest }, options);
        return store.transact({ ...asked, success: puts }, options);
      },
    }),
  },
  'runs nested transactions last': {
    caughtBy: 'runs nested transactions in their place and by their own branch',
    defect: rewriting((asked) => ({
      ...asked,
      success: [
        ...asked.success.filter(({ kind }) => kind !== 'transaction'),
        ...asked.success.filter(({ kind }) => kind === 'transaction').reverse(),
      ],
    })),
  },
  'looks for keys that are put twice in each list only': {
    caughtBy: 'refuses a key put twice across nested transactions',
    defect: (store) => ({
      async transact(asked, options) {
        if (!asked.success.some(({ kind }) => kind === 'transaction')) {
          return store.transact(asked, options);
        }
        const replies = await oneByOne(store, asked.success);
        const { revision } = await store.transact(never, options);
        return { revision, succeeded: true, replies };
      },
    }),
  },
  'refuses a key that either of two branches puts': {
    caughtBy: 'lets both branches of one nested transaction put the same key',
    defect: rewriting((asked) => ({
      ...asked,
      success: asked.success.flatMap((operation) =>
        operation.kind === 'transaction' &&
        operation.transaction.failure.length > 0
          ? [...operation.transaction.success, ...operation.transaction.failure]
          : [operation],
      ),
    })),
  },

  'looks for the leases of all puts, whatever branch they are in': {
    caughtBy: 'minds the lease of a nested put only where its branch is taken',
    defect: (store) => ({
      async transact(asked, options) {
        for (const { lease } of allPuts([...asked.success, ...asked.failure])) {
          const left = lease ? await store.keepAlive(lease, options) : 0;
          if (left !== 'gone') continue;
          throw new StoreError('lease-not-found', 'not-applied', 'no lease');
        }
        return store.transact(asked, options);
      },
    }),
  },
};

function allPuts(
  operations: readonly Operation[],
): Extract<Operation, { kind: 'put' }>[] {
  return operations.flatMap((operation) => {
    if (operation.kind === 'put') return [operation];
    if (operation.kind !== 'transaction') return [];
    const { success, failure } = operation.transaction;
    return allPuts([...success, ...failure]);
  });
}
