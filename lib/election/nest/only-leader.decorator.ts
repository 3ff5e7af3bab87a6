import { lockParametersOf } from '../../nest/current-lock.decorator.js';
import {
  bodyOf,
  decoratedMethod,
  placeOf,
  standIn,
} from '../../nest/method/decorated-method.js';
import type { Misplaced } from '../../nest/method/locked-method-type.js';
import {
  injectedProperty,
  injectProperty,
} from '../../nest/method/service-injection.js';
import { runUnder } from '../../nest/call/held-result.js';
import { electionKey } from '../election-key.js';
import type { Candidates } from './candidates.js';
import { ELECTION_PROPERTY, LEADER_ELECTION } from './tokens.js';

const ELECTED_METHOD = Symbol.for('nestjs-etcd-lock/elected-method');

/** What `@OnlyLeader` said about one method. */
export interface ElectedMethod {
  readonly election: string;
  /** `Class.method`, for messages. */
  readonly where: string;
}

type LeaderOnly<Method extends (...args: any[]) => unknown> =
  Promise<Awaited<ReturnType<Method>> | undefined> extends ReturnType<Method>
    ? unknown
    : Misplaced<'who does not lead returns a Promise of undefined: let the method say so'>;

/** Takes methods that return a promise which may be of `undefined`, for who does not lead. */
export type OnlyLeaderDecorator = <Method extends (...args: any[]) => unknown>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<Method> & LeaderOnly<Method>,
) => void;

/**
 * Runs the method in the instance that leads the election `name`; elsewhere a call resolves to
 * `undefined`. For scheduled methods. May stand above or below the other decorators of the method.
 *
 * Every instance is a candidate from its start, once for all methods of an election, and leads until
 * it closes, dies or loses its leadership. A call asks nobody: etcd is spoken to by the candidate
 * only. While nobody leads, nobody runs the method. Runs may overlap, as without the decorator.
 *
 * A call whose leadership is lost rejects with `LockLostError` at that moment, though the method goes
 * on until it ends; the instance does not lead again before that. `LockContext.current()` and
 * `@CurrentLock()` are the lock of the leadership, for its `signal` and `fencingToken`.
 *
 * Without `LeaderElectionModule` the application does not start; an instance made with `new`
 * rejects the call.
 *
 * @throws {LockConfigurationError} when the class is defined, for names and places that cannot work
 *
 * @example
 * @Interval(60_000)
 * @OnlyLeader('poller')
 * async poll(): Promise<void> {}
 */
export function OnlyLeader(name: string): OnlyLeaderDecorator {
  return (target, method, descriptor: PropertyDescriptor) => {
    const original = decoratedMethod('@OnlyLeader', target, method, descriptor);
    const where = placeOf(target, method);
    electionKey(name, `@OnlyLeader on ${where}: `);
    const lockParameters = lockParametersOf(target, method);
    const guarded = async function (this: unknown, ...args: unknown[]) {
      const candidates = injectedProperty(
        this,
        ELECTION_PROPERTY,
        where,
      ) as Candidates;
      const lock = candidates.of(name).admit(where);
      if (lock === undefined) return undefined;
      return runUnder(lock, bodyOf(original, this, args, lockParameters));
    };
    descriptor.value = standIn(original, guarded);
    const elected: ElectedMethod = { election: name, where };
    Reflect.defineMetadata(ELECTED_METHOD, elected, guarded);
    injectProperty(target, ELECTION_PROPERTY, LEADER_ELECTION);
  };
}

export function electedMethodOf(method: Function): ElectedMethod | undefined {
  return Reflect.getMetadata(ELECTED_METHOD, method);
}
