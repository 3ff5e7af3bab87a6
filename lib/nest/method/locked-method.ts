import { refuse } from './check-lock-options.js';
import type {
  DistributedLockDefaults,
  DistributedLockOptions,
} from './distributed-lock-options.js';
import { type LockPolicy, lockPolicy, stickyProblems } from './lock-policy.js';
import {
  type KeySource,
  keySourceOf,
  type LockedMethodKey,
} from './method-key.js';
import { answersByHand } from '../transport/open-response.js';
import { getLockServiceToken, lockServiceProperty } from '../service/tokens.js';

const LOCKED_METHOD = Symbol.for('nestjs-etcd-lock/locked-method');
const CLASS_DEFAULTS = Symbol.for('nestjs-etcd-lock/class-defaults');

/** What `@DistributedLock` said about one method. Its identity stands for the method. */
export class LockedMethod {
  /** `Class.method`, for messages. */
  readonly where: string;
  readonly key: KeySource;
  private merged: LockPolicy | undefined;

  constructor(
    private readonly home: Function,
    private readonly name: string | symbol,
    key: LockedMethodKey,
    private readonly options: DistributedLockOptions,
  ) {
    this.where = `${home.name}.${String(name)}`;
    this.key = keySourceOf(key, this.where);
  }

  /** Not before the class is complete: its own decorators run after those of its methods. */
  get policy(): LockPolicy {
    if (this.merged === undefined) {
      const policy = lockPolicy(classDefaults(this.home), this.options);
      refuse(stickyProblems(policy, this.key), this.where);
      this.merged = policy;
    }
    return this.merged;
  }

  /** What metrics count it under. */
  get template(): string {
    const { template } = this.policy.acquire;
    if (template !== undefined) return template;
    return this.key.from === 'fixed'
      ? [this.key.key].flat().join(', ')
      : this.where;
  }

  /** Whether Nest leaves the HTTP answer to the method. */
  get answersByHand(): boolean {
    return answersByHand(this.home, this.name);
  }

  get serviceToken(): symbol {
    return getLockServiceToken(this.policy.name);
  }

  get serviceProperty(): symbol {
    return lockServiceProperty(this.policy.name);
  }
}

export function markLocked(target: Function, method: LockedMethod): void {
  Reflect.defineMetadata(LOCKED_METHOD, method, target);
}

export function lockedMethodOf(target: Function): LockedMethod | undefined {
  return Reflect.getMetadata(LOCKED_METHOD, target);
}

export function setClassDefaults(
  target: Function,
  defaults: DistributedLockDefaults,
): void {
  Reflect.defineMetadata(CLASS_DEFAULTS, defaults, target);
}

function classDefaults(target: Function): DistributedLockDefaults {
  return Reflect.getMetadata(CLASS_DEFAULTS, target) ?? {};
}
