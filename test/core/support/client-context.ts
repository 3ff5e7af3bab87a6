import type { ClientContext } from '../../../lib/core/context/client-context.js';
import { signatureOf } from '../../../lib/core/queue/ticket.js';
import { GroupCommit } from '../../../lib/core/store/group-commit.js';
import type { LockStore } from '../../../lib/core/store/lock-store.js';
import { RevisionHistory } from '../../../lib/core/store/revision-history.js';
import { UnansweredCalls } from '../../../lib/core/store/unanswered-calls.js';
import { WatchHub } from '../../../lib/core/store/watch-hub.js';
import { Backoff } from '../../../lib/core/time/backoff.js';
import { ProcessHold } from '../../../lib/core/time/process-hold.js';
import type { Clock } from '../../../lib/core/time/clock.js';

/** What a client on this store would share between its parts. */
export function clientContext(
  store: LockStore,
  clock: Clock,
  emit: ClientContext['emit'] = () => {},
): ClientContext {
  const random = () => 0.5;
  return {
    store,
    clock,
    random,
    processHold: new ProcessHold(clock),
    history: new RevisionHistory(clock, {
      ask: () => Promise.resolve(),
      backoff: () => new Backoff(clock, random),
    }),
    unanswered: new UnansweredCalls(clock),
    commits: new GroupCommit(store, 4_500),
    watches: new WatchHub(store, clock, random),
    namespace: 'locks/',
    signature: signatureOf({ host: 'h', pid: 1, label: '' }),
    requestTimeoutMs: 4_500,
    observed: true,
    emit,
    traceOf: () => undefined,
  };
}
