/**
 * What makes the road to etcd say of a call, or of a lease, what it cannot know.
 *
 * @type {import('./defects.mjs').Defect[]}
 */
export const ROAD = [
  {
    promise: 10,
    title: 'who changes the rights of others makes calls fail',
    file: 'lib/etcd/unary-calls.ts',
    line: 'const most = changed ? MOST_REFUSALS : 1;',
    instead: 'const most = changed ? 1 : 1;',
    suite: 'test/etcd/http2/answers.spec.ts',
    test: 'a call of a user is made again while the rights of others are changed',
    found: 'test on etcd',
  },
  {
    promise: 6,
    title:
      'the road says of a write that was broken off that it was not applied',
    file: 'lib/etcd/http2/stream-end.ts',
    line: 'if (connection.over) return connection.failure(true);',
    instead: 'if (connection.over) return connection.failure(false);',
    suite: 'test/etcd/http2/connections.spec.ts',
    test: 'a connection that takes no more calls leaves a write open that it breaks off, and sends none again',
  },
  {
    promise: 6,
    title:
      'the road says of a write that ran out of time that it was not applied',
    file: 'lib/etcd/http2/unary-exchange.ts',
    line: 'const reached = this.stream !== undefined;',
    instead: 'const reached = false;',
    suite: 'test/etcd/http2/answers.spec.ts',
    test: 'a call that nobody waits for any more is cancelled at the other end',
  },
  {
    promise: 6,
    title: 'the road sends a write again that may have been applied',
    file: 'lib/etcd/goes-elsewhere.ts',
    line: "outcome === 'not-applied' &&",
    instead: '(outcome as string) !== "" &&',
    suite: 'test/etcd/hosts.spec.ts',
    test: 'a host that falls silent is not asked to do again what it may have done',
  },
  {
    promise: 3,
    title:
      'the road keeps an unasked answer to a keep-alive for a later request',
    file: 'lib/etcd/keep-alive-stream.ts',
    line: 'const queue = this.unanswered.get(lease);\n    const request = queue?.shift();',
    instead:
      'const queue = this.unanswered.get(lease);\n    const request = queue?.shift();\n    if (!request) this.renew = () => Promise.resolve(ttlMs);',
    suite: 'test/etcd/keep-alive.spec.ts',
    test: 'keep-alive on a stream that answers late counts no answer that came though nobody had asked',
  },
  {
    promise: 8,
    title: 'the road looks for watches under the numbers that it asked for',
    file: 'lib/etcd/watch-stream.ts',
    line: 'this.created.set(reply.id, entry);',
    instead: 'this.created.set(entry.askedId, entry);',
    suite: 'test/etcd/grpc-proxy.spec.ts',
    test: 'watches hear through a proxy that gives them numbers of its own',
    found: 'a lock behind an etcd grpc-proxy',
  },
  {
    promise: 4,
    title: 'the road does not notice that the other side is gone',
    file: 'lib/etcd/http2/pulse.ts',
    line: 'if (!answered) this.peer.lost();',
    instead: 'void answered;',
    suite: 'test/etcd/watch.spec.ts',
    test: 'watches end by themselves when the connection died unnoticed',
  },
  {
    promise: 4,
    title: 'a process ends though it holds a lock',
    file: 'lib/core/time/process-hold.ts',
    line: '{ keepAlive: true }',
    instead: '{ keepAlive: false }',
    suite: 'test/core/acquire/acquire-call.spec.ts',
    test: 'the timers of a client keep the process alive for those who wait and those who hold, and for nobody else',
  },
  {
    promise: 6,
    title: 'the road waits for a silent host alone',
    file: 'lib/etcd/ask-around.ts',
    line: 'if (route.left === 0) return;\n      const share',
    instead: 'if (route.left >= 0) return;\n      const share',
    suite: 'test/etcd/hosts.spec.ts',
    test: 'a host that falls silent does not keep a read from being answered by another',
  },
  {
    title: 'the road fails a call whose token has ended',
    file: 'lib/etcd/unary-calls.ts',
    line: 'if ((renewals += 1) > most) throw failure;',
    instead: 'throw failure;',
    suite: 'test/etcd/jwt.spec.ts',
    test: 'tokens that end by themselves, over hosts are renewed without a call being the worse for it',
    found: 'writing tests',
  },
  {
    title: 'a listener hears of the end of a watch that it has cancelled',
    file: 'lib/etcd/subscription.ts',
    line: 'if (this.over) return;\n    this.over = true;',
    instead: 'this.over = true;',
    suite: 'test/etcd/watch.spec.ts',
    test: 'watches end in silence when their listener cancels them and throws',
    found: 'damage at random',
  },
];
