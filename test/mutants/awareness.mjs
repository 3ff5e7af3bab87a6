/**
 * What lets code run on, or run, without the lock.
 *
 * @type {import('./defects.mjs').Defect[]}
 */
export const AWARENESS = [
  {
    promise: 4,
    title: 'a holder does not watch its own ticket',
    file: 'lib/core/queue/queue-watcher.ts',
    line: 'this.subscribe({ key: this.view.name });\n    });',
    instead: '});',
    suite: 'test/core/queue/queue-watcher-gaps.spec.ts',
    test: 'an own ticket that is deleted by somebody while holding taken at once, by the watch it opens after 100 ms: is lost',
  },
  {
    promise: 4,
    title: 'the loss of a session is told to nobody',
    file: 'lib/core/session/session.ts',
    line: 'for (const user of [...this.users]) user.tell();',
    instead: 'void this.users;',
    suite: 'test/core/session/session-loss.spec.ts',
    test: "a holder that is cut off stops being held before etcd ends a lease of '2s', cut off at 0.6 of it",
  },
  {
    promise: 4,
    title: 'work that ignores the loss of its lock succeeds',
    file: 'lib/core/acquire/hold.ts',
    line: 'const stopListening = hold.onLost(reject);',
    instead: 'const stopListening = () => {};',
    suite: 'test/core/acquire/with-lock.spec.ts',
    test: 'withLock rejects as soon as the lock is lost, though the work goes on',
  },
  {
    promise: 4,
    title: 'a release that finds its ticket missing succeeds',
    file: 'lib/core/acquire/hold.ts',
    line: "if (outcome === 'was-gone') {",
    instead: 'if (outcome === undefined) {',
    suite: 'test/core/queue/queue-watcher-gaps.spec.ts',
    test: 'an own ticket that is deleted by somebody while holding and unnoticed: comes out at the release',
  },
  {
    promise: 5,
    title: 'a method that Nest did not inject runs without its lock',
    file: 'lib/nest/call/locked-function.ts',
    line: 'return take(method, this, args, body);',
    instead:
      'return (this as any)?.[method.ofInstance(this).serviceProperty] ? take(method, this, args, body) : body(undefined as never);',
    suite: 'test/nest/distributed-lock.spec.ts',
    test: 'a locked method without a lock does not run on an instance made with new',
  },
  {
    promise: 5,
    title: 'a method runs although its lock was refused',
    file: 'lib/nest/call/locked-function.ts',
    line: "if (outcome.kind === 'refused') throw outcome.error;",
    instead:
      "if (outcome.kind === 'refused') return { kind: 'instead' as const, value: undefined };",
    suite: 'test/nest/policies.spec.ts',
    test: "onBusy with 'throw' waits as long as the module says and throws the timeout",
  },
  {
    promise: 5,
    title: 'the decorator loses what other decorators said of the method',
    file: 'lib/nest/method/decorated-method.ts',
    line: 'for (const key of Reflect.getOwnMetadataKeys(original)) {',
    instead: 'for (const key of [] as string[]) {',
    suite: 'test/nest/decorator-order.spec.ts',
    test: 'on express route-lock-guard: a denied request takes no lock',
  },
  {
    promise: 5,
    title: 'a method begins though its lock was lost before',
    file: 'lib/nest/call/call-lock.ts',
    line: 'if (lostBefore !== undefined) return Promise.reject(lostBefore);',
    instead: 'void lostBefore;',
    suite: 'test/nest/distributed-lock.spec.ts',
    test: 'a locked method without a lock does not run where the process stood still after the lock was granted',
    found: 'npm run torture -- --seed 1021',
  },
  {
    promise: 5,
    title: 'work begins though its lock was lost before',
    file: 'lib/core/acquire/lock-client.ts',
    line: 'handle.assertHeld();',
    instead: '',
    suite: 'test/core/acquire/with-lock.spec.ts',
    test: 'withLock does not begin the work when the process stood still after the lock was granted',
    found: 'npm run torture -- --seed 1021',
  },
];
