import type {
  DistributedLockDefaults,
  DistributedLockOptions,
} from './distributed-lock-options.js';
import {
  type LockPolicy,
  lockPolicy,
  withoutUndefined,
} from './lock-policy.js';
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
  private readonly options: DistributedLockOptions;
  private readonly byClass = new WeakMap<Function, LockedMethodOfClass>();

  constructor(
    private readonly home: Function,
    private readonly name: string | symbol,
    key: LockedMethodKey,
    options: DistributedLockOptions,
  ) {
    this.where = `${home.name}.${String(name)}`;
    this.key = keySourceOf(key, this.where);
    this.options = { ...options };
  }

  /**
   * The method as a class has it, or one that inherits it: the options of both count. Not to be
   * asked before the class is complete, for its own decorators run after those of its methods.
   */
  of(type: Function = this.home): LockedMethodOfClass {
    let method = this.byClass.get(type);
    if (method === undefined) {
      method = new LockedMethodOfClass(
        this,
        lockPolicy(classDefaults(type), this.options, this.key, this.where),
      );
      this.byClass.set(type, method);
    }
    return method;
  }

  /** Of an instance, whatever class it is of. */
  ofInstance(instance: unknown): LockedMethodOfClass {
    const type = (instance as object | null | undefined)?.constructor;
    return this.of(typeof type === 'function' ? type : undefined);
  }

  /** Whether `other` is said of the same method, by a further decorator. */
  stacksOn(other: LockedMethod): boolean {
    return (
      other !== this && other.home === this.home && other.name === this.name
    );
  }

  /** Whether Nest leaves the HTTP answer to the method. */
  get answersByHand(): boolean {
    return answersByHand(this.home, this.name);
  }
}

/** A locked method of a class, which may have inherited it. */
export class LockedMethodOfClass {
  readonly where: string;
  readonly key: KeySource;
  readonly serviceToken: symbol;
  readonly serviceProperty: symbol;

  constructor(
    readonly method: LockedMethod,
    readonly policy: LockPolicy,
  ) {
    this.where = method.where;
    this.key = method.key;
    this.serviceToken = getLockServiceToken(policy.name);
    this.serviceProperty = lockServiceProperty(policy.name);
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
  const given = withoutUndefined(defaults);
  const inherited = classDefaults(target);
  Reflect.defineMetadata(CLASS_DEFAULTS, { ...inherited, ...given }, target);
}

/** What a class and those that it extends say; the nearest has the last word. */
export function classDefaults(target: Function): DistributedLockDefaults {
  return Reflect.getMetadata(CLASS_DEFAULTS, target) ?? {};
}
