import type {
  KeyRange,
  LockStore,
  Transaction,
} from '../../lib/core/store/lock-store.js';
import {
  type BrokenStore,
  type Defect,
  EVERYTHING,
  retelling,
  retellingKeys,
  rewriting,
} from './broken-store.js';

export const brokenReads: Readonly<Record<string, BrokenStore>> = {
  'reads what was there before the last write': {
    caughtBy: 'shows every client at once what another has written',
    defect: (store) => {
      const known = new Map<string, Awaited<ReturnType<LockStore['read']>>>();
      return {
        async read(operation, options) {
          const name = JSON.stringify(operation.range);
          const now = await store.read(operation, options);
          const before = known.get(name) ?? now;
          known.set(name, now);
          return before;
        },
      };
    },
  },
  'compares the key with the wrong counter': {
    caughtBy: 'compares create revision, mod revision and version of a key',
    defect: comparing((each) => ({
      ...each,
      target: each.target === 'version' ? 'version' : 'mod',
    })),
  },
  'fails every comparison of an absent key': {
    caughtBy: 'compares an absent key as zero',
    defect: unlessEmpty(() => false),
  },
  'holds every comparison of an empty range': {
    caughtBy: 'compares an empty range as one absent key',
    defect: unlessEmpty(() => true),
  },
  'compares only the start of a range': {
    caughtBy: 'asks a comparison of every key of a range',
    defect: comparing((each) => ({ ...each, range: { key: each.range.key } })),
  },
  'compares what lies beyond the end of a range': {
    caughtBy: 'compares no key outside of the range',
    defect: comparing((each) => ({ ...each, range: beyond(each.range) })),
  },
  'knows no order but that of age': {
    caughtBy: 'reads a range in pieces, in the order of the keys',
    defect: (store) => ({
      read: (operation, options) =>
        store.read({ ...operation, orderBy: 'age' }, options),
    }),
  },
  'reads keys in the order of their names': {
    caughtBy: 'reads the oldest key first, whatever the keys are called',
    defect: retelling((reply) => ({
      ...reply,
      keys: [...reply.keys].sort((a, b) => (a.key < b.key ? -1 : 1)),
    })),
  },
  'reads the key that was changed last at the end': {
    caughtBy: 'reads the oldest key first, whatever the keys are called',
    defect: retelling((reply) => ({
      ...reply,
      keys: [...reply.keys].sort((a, b) =>
        Number(a.modRevision - b.modRevision),
      ),
    })),
  },
  'counts the keys that it returns': {
    caughtBy: 'limits the keys but not the count',
    defect: retelling((reply) => ({ ...reply, count: reply.keys.length })),
  },
  'forgets versions with keysOnly': {
    caughtBy: 'leaves out values on keysOnly, and nothing else but the lease',
    defect: (store) => ({
      async read(operation, options) {
        const reply = await store.read(operation, options);
        if (!operation.keysOnly) return reply;
        const keys = reply.keys.map((key) => ({ ...key, version: 0n }));
        return { ...reply, keys };
      },
    }),
  },
  'reads the end of a range, too': {
    caughtBy: 'reads a range from its start up to, not including, its end',
    defect: ranging(beyond),
  },
  'reads everything that starts like a single key': {
    caughtBy: 'reads a single key without those that start like it',
    defect: ranging(({ key, end }) => ({ key, end: end ?? key + '\uffff' })),
  },
  'reads everything where nothing is': {
    caughtBy: 'reads nothing where nothing is',
    defect: (store) => ({
      async read(operation, options) {
        const reply = await store.read(operation, options);
        if (reply.count > 0) return reply;
        return store.read({ kind: 'range', range: EVERYTHING }, options);
      },
    }),
  },
  'orders keys by UTF-16': {
    caughtBy: 'orders keys by the bytes of UTF-8',
    defect: (store) => ({
      async read(operation, options) {
        const reply = await store.read(operation, options);
        const { key: start, end } = operation.range;
        const keys = reply.keys.filter(
          ({ key }) => end === undefined || (key >= start && key < end),
        );
        return { ...reply, keys };
      },
    }),
  },
  'trims values': {
    caughtBy: 'gives back keys and values as they were',
    defect: retellingKeys((key) => ({
      ...key,
      value: key.value.replaceAll('\0', '').replaceAll('%2F', '/'),
    })),
  },
  'dates a stale read by the newest revision': {
    caughtBy: 'dates a stale read by its own revision',
    defect: (store) => ({
      async read(operation, options) {
        const reply = await store.read(operation, options);
        return options.stale ? { ...reply, keys: [], count: 0 } : reply;
      },
    }),
  },
};

function comparing(
  change: (
    comparison: Transaction['compare'][number],
  ) => Transaction['compare'][number],
): Defect {
  return rewriting((asked) => ({
    ...asked,
    compare: asked.compare.map(change),
  }));
}

/** Comparisons of what is empty turn out as `verdict` says. */
function unlessEmpty(verdict: () => boolean): Defect {
  return (store) => ({
    async transact(asked, options) {
      const counts = await Promise.all(
        asked.compare.map(({ range }) =>
          store.read({ kind: 'range', range }, options),
        ),
      );
      const compare = asked.compare.filter((_, i) => counts[i]!.count > 0);
      const refused = compare.length < counts.length && !verdict();
      if (!refused) return store.transact({ ...asked, compare }, options);
      const otherwise = { compare: [], success: asked.failure, failure: [] };
      return {
        ...(await store.transact(otherwise, options)),
        succeeded: false,
      };
    },
  });
}

function ranging(change: (range: KeyRange) => KeyRange): Defect {
  return (store) => ({
    read: (operation, options) =>
      store.read({ ...operation, range: change(operation.range) }, options),
  });
}

function beyond({ key, end }: KeyRange): KeyRange {
  return end === undefined ? { key } : { key, end: end + '\0' };
}
