/**
 * What harms those whose etcd was restored.
 *
 * @type {import('./defects.mjs').Defect[]}
 */
export const RESTORES = [
  {
    promise: 9,
    title: 'a holder does not look again when etcd went back',
    file: 'lib/core/acquire/local-queues.ts',
    line: 'for (const acquisition of this.acquisitions) acquisition.startAnew();',
    instead: '',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'an etcd that went back has lost the ticket of a holder, who is told at once',
  },
  {
    promise: 9,
    title: 'a ticket that came back from the dead is left standing',
    file: 'lib/core/acquire/local-queues.ts',
    line: 'void removeStrays(this.context, session);',
    instead: '',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'an etcd that went back has a ticket again that was given back: it is removed',
  },
  {
    promise: 9,
    title: 'a watch that is older than what is known raises no doubt',
    file: 'lib/core/store/revision-history.ts',
    line: 'if (revision < seen) this.doubt();',
    instead: 'if (revision < seen) return;',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'an etcd that went back is noticed by a process that does nothing: an etcd that went back',
  },
  {
    promise: 9,
    title: 'a waiter compares with what it knew before etcd went back',
    file: 'lib/core/queue/queue-watcher.ts',
    line: 'this.view.forget();',
    instead: '',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'an etcd that went back has its waiters count anew',
  },
  {
    promise: 9,
    title:
      'a watch that was made anew at the revision that is known proves nothing, and nobody reads',
    file: 'lib/core/store/watch-hub.ts',
    line: 'if (anew) one.madeAnew();',
    instead: 'void anew;',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'an etcd that went back and has come just as far again has lost the ticket of a holder all the same',
  },
  {
    promise: 9,
    title:
      'the very answer by which a setback shows is believed, and takes locks',
    file: 'lib/core/queue/queue-reader.ts',
    line: 'if (anewWanted !== this.anewWanted) return;',
    instead: 'void anewWanted;',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'a member that lags behind and answers once with the past, as some do after a pause, takes no lock',
  },
  {
    promise: 9,
    title: 'a setback while a ticket is on its way has nobody read',
    file: 'lib/core/queue/queue-watcher.ts',
    line: 'this.reader.wantAnew();',
    instead:
      'if (this.view.createRevision !== undefined) this.reader.wantAnew();',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'an etcd that went back while a ticket is on its way: what it missed is read',
    found: 'review',
  },
  {
    promise: 9,
    title: 'a process that does nothing does not hear of a restore',
    file: 'lib/core/options/checked-store.ts',
    line: 'answeredAt: history.hinted()',
    instead: 'answeredAt: () => {}',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'an etcd that went back is noticed by a process that does nothing: an etcd that went back',
  },
  {
    promise: 9,
    title:
      'a restore that sets the revision forward is taken for ordinary growth',
    file: 'lib/core/store/revision-history.ts',
    line: 'return revision - this.highest > MOST_PER_SECOND * seconds;',
    instead: 'return seconds === 0n;',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'an etcd that went back is noticed by a process that does nothing: one whose revision was set forward',
  },
  {
    promise: 9,
    title:
      'an old ticket that a restore brought back is taken for one that a copy has put',
    file: 'lib/core/queue/ticket-entry.ts',
    line: 'view.createRevision <= this.begunAt',
    instead: 'view.createRevision < 0n',
    suite: 'test/core/queue/restores.spec.ts',
    test: 'an etcd that went back has an older ticket under a name whose request is under way: it is not taken over',
  },
];
