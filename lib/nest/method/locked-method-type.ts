import type { LockKey } from '../../core/index.js';

type AnyMethod = (...args: any[]) => unknown;

interface ObservableOf<Item> {
  subscribe(next: (value: Item) => void): unknown;
}

/** Shown by the compiler where the decorator does not fit its method. */
export interface Misplaced<Reason> {
  readonly 'nestjs-etcd-lock': Reason;
}

/** Adds nothing to the descriptor of a method the decorator fits, and something impossible else. */
export type Fits<Key, Busy, StoreError, Method extends AnyMethod> = [
  | KeyMismatch<Key, Method>
  | ResultMismatch<ReturnType<Method>>
  | PolicyMismatch<'onBusy', Busy, ReturnType<Method>>
  | PolicyMismatch<'onStoreError', StoreError, ReturnType<Method>>,
] extends [infer Reason]
  ? [Reason] extends [never]
    ? unknown
    : Misplaced<Reason>
  : never;

type KeyMismatch<Key, Method extends AnyMethod> = Key extends AnyMethod
  ? LacksType<Parameters<Key>> extends true
    ? 'the parameters of the key function need their types, as in (id: string) => …'
    : Key extends (...args: Parameters<Method>) => LockKey
      ? never
      : 'the key function does not accept the parameters of the method'
  : never;

/** Whether a parameter was left to be inferred, which makes it `never`: see `LockedMethodKey`. */
type LacksType<Args extends readonly unknown[]> = number extends Args['length']
  ? [Args[number]] extends [never]
    ? true
    : false
  : Args extends readonly []
    ? false
    : Args extends readonly [(infer First)?, ...infer Rest]
      ? [First] extends [never]
        ? true
        : LacksType<Rest>
      : false;

/**
 * The parameters of the methods that a key goes with, for methods whose types hang on a type
 * parameter of their class: about those, `Fits` cannot be decided.
 */
export type ArgsFor<Key, Fallback> = [Fallback] extends [never]
  ? Accepted<Key>
  : // The result is only checked in full where functions are compared strictly.
    ((one: 'a') => void) extends (one: 'a' | 'b') => void
    ? never
    : Accepted<Key>;

type Accepted<Key> = Key extends AnyMethod
  ? number extends Parameters<Key>['length']
    ? Parameters<Key>
    : [...Parameters<Key>, ...Parameters<AnyMethod>]
  : Parameters<AnyMethod>;

/** Refuses what the compiler takes where the parameters that it inferred are not those of `ArgsFor`. */
export type Inferred<Args extends readonly unknown[]> = [Args] extends [never]
  ? NotAccepted
  : number extends Args['length']
    ? NotAccepted
    : unknown;

type NotAccepted =
  Misplaced<'the key function does not accept the parameters of the method'>;

/** What a policy has a call return in place of its method. */
export type Instead<Policy> = Policy extends 'skip'
  ? undefined
  : Policy extends (...args: any[]) => infer Fallback
    ? Awaited<Fallback>
    : never;

/** A locked method waits for its lock, so what it returns cannot be there at once. */
type ResultMismatch<Result> =
  Promise<Awaited<Result>> extends Result
    ? never
    : Result extends ObservableOf<unknown> | AsyncIterable<unknown>
      ? never
      : 'a locked method is asynchronous: let it return a Promise';

type PolicyMismatch<
  Option extends string,
  Policy,
  Result,
> = Policy extends 'skip'
  ? Admits<undefined, Result> extends true
    ? never
    : `with ${Option}: 'skip' the result can be undefined: let the method say so`
  : Policy extends (...args: any[]) => infer Fallback
    ? Admits<Awaited<Fallback>, Result> extends true
      ? never
      : `what ${Option} returns is not what the method returns`
    : never;

/** Whether callers of the method are prepared for this value in place of its own result. */
type Admits<Value, Result> =
  Promise<Value> extends Result
    ? true
    : Value extends Result
      ? true
      : Result extends AsyncIterable<unknown>
        ? Value extends undefined
          ? true
          : false
        : Result extends ObservableOf<infer Item>
          ? Value extends Item
            ? true
            : false
          : false;
