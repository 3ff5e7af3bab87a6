import {
  StoreError,
  type WatchEvent,
} from '../../lib/core/store/lock-store.js';
import {
  type BrokenStore,
  mishearing,
  mishearingEvents,
  passing,
} from './broken-store.js';

export const brokenWatches: Readonly<Record<string, BrokenStore>> = {
  'creates a watch from inside the call': {
    caughtBy:
      'creates a watch later than the call, and before it tells anything',
    defect: (store) => ({
      watch(range, listener, options) {
        listener.created(1n);
        return store.watch(
          range,
          passing(listener, { created: () => {} }),
          options,
        );
      },
    }),
  },
  'says that a watch begins earlier than it does': {
    caughtBy:
      'tells every change after the revision it was created at, in order',
    defect: mishearing((listener) => ({
      created: (revision) => listener.created(revision - 2n),
    })),
  },
  'opens a watch a moment after saying so': {
    caughtBy: 'misses nothing that is written right after it was created',
    defect: mishearing((listener) => {
      let deaf = true;
      return {
        created(revision) {
          setImmediate(() => (deaf = false));
          listener.created(revision);
        },
        events: (events) => {
          if (!deaf) listener.events(events);
        },
      };
    }),
  },
  'tells puts without their lease': {
    caughtBy: 'tells what a put stored',
    defect: mishearingEvents((events) =>
      events.map((event) =>
        event.kind === 'put'
          ? { ...event, stored: { ...event.stored, lease: 0n } }
          : event,
      ),
    ),
  },
  'tells only the first change of a transaction': {
    caughtBy: 'tells all changes of a transaction with its revision',
    defect: mishearingEvents((events) => events.slice(0, 1)),
  },
  'loses every third delete': {
    caughtBy: 'tells every delete of a key that keeps coming back',
    defect: (store, shared) => {
      let deletes = 0;
      return mishearingEvents((events) =>
        events.filter((event) => event.kind === 'put' || ++deletes % 3 > 0),
      )(store, shared);
    },
  },
  'tells the changes of two revisions in the wrong order': {
    caughtBy: 'tells every delete of a key that keeps coming back',
    defect: mishearing((listener) => {
      let kept: readonly WatchEvent[] | undefined;
      return {
        events(events) {
          if (kept === undefined) kept = events;
          else {
            listener.events([...events, ...kept]);
            kept = undefined;
          }
        },
      };
    }),
  },
  'tells puts although only deletes were asked for': {
    caughtBy: 'tells deletes only when asked to',
    defect: (store) => ({
      watch: (range, listener) => store.watch(range, listener),
    }),
  },
  'tells a watch of one key about keys that start like it': {
    caughtBy: 'tells of its own key or range only',
    defect: (store) => ({
      watch: ({ key, end }, listener, options) =>
        store.watch({ key, end: end ?? key + '\uffff' }, listener, options),
    }),
  },
  'has one watch at a time': {
    caughtBy: 'tells many watches the same',
    defect: (store) => {
      let last: ReturnType<typeof store.watch> | undefined;
      return {
        watch(range, listener, options) {
          last?.cancel();
          last = store.watch(range, listener, options);
          return last;
        },
      };
    },
  },
  'goes on telling after cancel': {
    caughtBy: 'is silent after cancel, while other watches go on',
    defect: (store) => ({
      watch(range, listener, options) {
        store.watch(range, listener, options);
        return { cancel: () => {} };
      },
    }),
  },
  'tells a watch that was cancelled of its creation': {
    caughtBy: 'is silent from the start when cancelled before it was created',
    defect: (store) => ({
      watch(range, listener, options) {
        const watch = store.watch(
          range,
          passing(listener, { created: () => {} }),
          options,
        );
        void store.read({ kind: 'range', range }, { timeoutMs: 1000 }).then(
          ({ revision }) => listener.created(revision),
          () => {},
        );
        return watch;
      },
    }),
  },
  'finishes what it has to tell before it obeys a cancel': {
    caughtBy: 'is silent at once when cancelled from inside the listener',
    defect: (store) => ({
      watch(range, listener, options) {
        const watch = store.watch(range, listener, options);
        return { cancel: () => setImmediate(() => watch.cancel()) };
      },
    }),
  },
  'stops watching after a watch was silent': {
    caughtBy: 'watches again after a watch was cancelled as silent',
    defect: (store) => {
      let broken = false;
      return {
        watch(range, listener, options) {
          const watch = store.watch(range, listener, options);
          if (broken) watch.cancel();
          return {
            cancel(why) {
              broken ||= why === 'silent';
              watch.cancel();
            },
          };
        },
      };
    },
  },
  'forgets its watches when it closes': {
    caughtBy: 'ends its watches, once and for all, when the store closes',
    defect: mishearing(() => ({ ended: () => {} })),
  },
  'goes on telling watches after it closed': {
    caughtBy: 'ends its watches, once and for all, when the store closes',
    defect: mishearing((listener) => ({
      ended(error) {
        listener.ended(error);
        listener.events([]);
      },
    })),
  },
  'ends a watch on a closed store from inside the call': {
    caughtBy: 'ends a watch on a closed store, but not from inside the call',
    defect: (store) => {
      let closed = false;
      return {
        watch(range, listener, options) {
          if (!closed) return store.watch(range, listener, options);
          listener.ended(new StoreError('closed', 'not-applied', 'closed'));
          return { cancel: () => {} };
        },
        async close() {
          closed = true;
          await store.close();
        },
      };
    },
  },
  'works on after close': {
    caughtBy: 'refuses every call after close',
    defect: () => ({ close: async () => {} }),
  },
  'waits for its calls before it closes': {
    caughtBy: 'rejects the calls that are under way when it closes',
    defect: (store) => ({
      async close() {
        await new Promise((resolve) => setImmediate(resolve));
        await store.close();
      },
    }),
  },
  'fails when it is closed twice': {
    caughtBy: 'closes twice without harm',
    defect: (store) => {
      let closed = false;
      return {
        async close() {
          if (closed) throw new Error('already closed');
          closed = true;
          await store.close();
        },
      };
    },
  },
};
