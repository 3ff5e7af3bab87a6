import { hostname } from 'node:os';
import {
  type AcquireDefaults,
  ttlMilliseconds,
} from '../options/acquire-request.js';
import { checkedStore } from '../options/checked-store.js';
import { systemClock } from '../time/clock.js';
import { milliseconds } from '../options/duration.js';
import { GroupCommit } from '../store/group-commit.js';
import { checkKnownOptions } from '../options/known-options.js';
import {
  checkedLabel,
  checkedMaxKept,
  checkedNamespace,
  LOCK_CLIENT_OPTION_NAMES,
  type LockClientOptions,
} from '../options/lock-client-options.js';
import { readyForJson } from '../api/json.js';
import type { LockListener } from '../api/lock-events.js';
import { ProcessHold } from '../time/process-hold.js';
import { systemRandom } from '../time/backoff.js';
import { RevisionHistory } from '../store/revision-history.js';
import { type ClientContext, newBackoff } from '../context/client-context.js';
import { signatureOf } from '../queue/ticket.js';
import { UnansweredCalls } from '../store/unanswered-calls.js';
import { WatchHub } from '../store/watch-hub.js';

const LONGEST_REQUEST_MS = 5000;

interface Audience extends Pick<ClientContext, 'traceOf'> {
  readonly tell: LockListener;
  readonly observed: () => boolean;
}

/**
 * What the options of a client come to.
 *
 * @throws {LockConfigurationError} naming the option
 */
export function createClientContext(
  options: LockClientOptions,
  { tell, observed, traceOf }: Audience,
): {
  readonly context: ClientContext;
  readonly defaults: AcquireDefaults;
  readonly maxKept: number;
} {
  checkKnownOptions(options, LOCK_CLIENT_OPTION_NAMES);
  const {
    clock = systemClock,
    random = systemRandom,
    ttl = '15s',
    waitTimeout = '10s',
    namespace = 'locks/',
    keep = 0,
  } = options;
  const ttlMs = ttlMilliseconds(ttl);
  const requestTimeoutMs = Math.min(LONGEST_REQUEST_MS, ttlMs * 0.3);
  const waitMs = milliseconds('waitTimeout', waitTimeout);
  const keepMs = milliseconds('keep', keep);
  const maxKept = checkedMaxKept(options.maxKept);
  const prefix = checkedNamespace(namespace);
  const history = new RevisionHistory(clock, {
    ask: () =>
      store.read(
        { kind: 'range', range: { key: prefix } },
        { timeoutMs: requestTimeoutMs },
      ),
    backoff: () => newBackoff(context),
  });
  const unanswered = new UnansweredCalls(clock);
  const store = checkedStore(options.store, { history, unanswered });
  const context: ClientContext = {
    store,
    clock,
    random,
    requestTimeoutMs,
    namespace: prefix,
    processHold: new ProcessHold(clock),
    history,
    unanswered,
    signature: signatureOf({
      host: hostname(),
      pid: process.pid,
      label: checkedLabel(options.label),
    }),
    commits: new GroupCommit(store, requestTimeoutMs),
    watches: new WatchHub(store, clock, random),
    get observed() {
      return observed();
    },
    emit: (event) => {
      if (observed()) tell(readyForJson(event, { at: clock.now().wall }));
    },
    traceOf,
  };
  history.onSetback((seen, now) =>
    context.emit({
      type: now < seen ? 'revision-went-back' : 'revision-leapt',
      seen,
      now,
    }),
  );
  return {
    context,
    defaults: { namespace: prefix, ttlMs, waitMs, requestTimeoutMs, keepMs },
    maxKept,
  };
}
