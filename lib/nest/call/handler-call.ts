import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallHandler, ExecutionContext } from '@nestjs/common';
import { isObservable, type Subscriber, tap } from 'rxjs';
import { isLockError, type Lock, type LockKey } from '../../core/index.js';
import { acquireForCall, type CallOutcome } from './acquire-for-call.js';
import { type CallLock, nextTurn } from './call-lock.js';
import { heldIterator, heldResult, isAsyncIterator } from './held-result.js';
import { Leaving } from './leaving.js';
import { afterwards, COVERED, LockUses } from './lock-uses.js';
import { isLockService, type LockService } from '../service/lock.service.js';
import type {
  LockedMethod,
  LockedMethodOfClass,
} from '../method/locked-method.js';
import { lockErrorMapper } from '../transport/lock-error-mapper.js';
import { SSE } from '../transport/nest-internals.js';
import {
  clientGone,
  httpResponse,
  isSentInPieces,
  onClientGone,
  responseEnd,
} from '../transport/open-response.js';

// One storage for all copies of this library in a process.
const STORAGE = Symbol.for('nestjs-etcd-lock/handler-calls');
const shared = globalThis as { [STORAGE]?: AsyncLocalStorage<HandlerCall> };
const storage = (shared[STORAGE] ??= new AsyncLocalStorage());

/**
 * One call of a locked handler by Nest: what its interceptor and its method share. The lock is
 * taken by the interceptor, or once its key is known by the method, and released when nobody
 * uses it any more: the interceptor chain, the running method, the response.
 */
export class HandlerCall {
  private lock: CallLock | undefined;
  private readonly uses = new LockUses(
    () => this.lock?.end() ?? Promise.resolve(),
  );
  private claimed = false;
  private over = false;
  private inPieces = false;
  /** While the lock is being taken. */
  private waiting: Leaving | undefined;
  /** Errors of this call's own lock, as opposed to those of locks its method took. */
  private readonly ownErrors = new WeakSet();
  private fail: (error: unknown) => void = () => {};

  constructor(
    readonly method: LockedMethodOfClass,
    readonly context: ExecutionContext,
    private readonly service: LockService,
  ) {}

  /** Whether an interceptor further out already takes care of the call. */
  static covers(context: ExecutionContext): boolean {
    return storage.getStore()?.context === context;
  }

  /** The call that Nest is just making, if the running code is its method, called by Nest. */
  static claim(method: LockedMethod): HandlerCall | undefined {
    const call = storage.getStore();
    if (call?.method.method !== method || call.claimed || call.over)
      return undefined;
    call.claimed = true;
    return call;
  }

  /**
   * The call that Nest is making, if the running code is a further `@DistributedLock` on its method:
   * what that one fails with are errors of the handler's own as well.
   */
  static around(inner: LockedMethod): HandlerCall | undefined {
    const call = storage.getStore();
    return call?.claimed && !call.over && call.method.method.stacksOn(inner)
      ? call
      : undefined;
  }

  /** Has the error of a lock of this call answered as the transport does. */
  own(error: unknown): void {
    if (isLockError(error)) this.ownErrors.add(error);
  }

  /** The interceptor's part. */
  async run(next: CallHandler, subscriber: Subscriber<unknown>): Promise<void> {
    const leave = this.uses.enter();
    subscriber.add(() => {
      this.over = true;
      this.waiting?.abort(clientGone());
      leave()?.catch(() => {});
    });
    // The loss is heard of by itself, by the method's end and by the release: one answer for all.
    let failed = false;
    this.fail = (error) => {
      if (failed) return;
      failed = true;
      const outward = this.outward(error);
      if (!(outward instanceof Promise)) return subscriber.error(outward);
      const fail = (mapped: unknown) => subscriber.error(mapped);
      outward.then(fail, fail);
    };
    try {
      const { key } = this.method;
      if (key.from !== 'arguments') {
        const outcome = await this.take(
          key.from === 'fixed' ? key.key : key.keyOf(this.context),
        );
        if (outcome.kind === 'instead') {
          return this.answer(outcome.value, subscriber);
        }
      }
    } catch (error) {
      return this.fail(error);
    }
    if (this.over) return;
    const subscribe = () =>
      next.handle().subscribe({
        next: (value) => subscriber.next(this.passOn(value)),
        error: (error) => {
          afterwards(leave(), () => this.fail(error));
        },
        complete: () => {
          this.holdForResponse();
          afterwards(leave(), () => subscriber.complete(), this.fail);
        },
      });
    const inChain = () => storage.run(this, subscribe);
    subscriber.add(this.lock ? this.lock.enter(inChain) : inChain());
  }

  /** The method's part. */
  async invoke(
    args: unknown[],
    body: (lock: Lock) => unknown,
  ): Promise<unknown> {
    const leave = this.uses.enter();
    const { key } = this.method;
    try {
      if (key.from === 'arguments') {
        const outcome = await this.take(key.keyOf(...args));
        if (outcome.kind === 'instead') return outcome.value;
      }
      const lock = this.lock!;
      const result = await lock.run(() => body(lock.lock));
      const again = tap({ error: () => (this.claimed = false) });
      const given = isObservable(result) ? result.pipe(again) : result;
      // The interceptor and the response hold the lock for longer.
      return heldResult(lock, given, COVERED);
    } catch (error) {
      // An interceptor may catch this and call the method again.
      this.claimed = false;
      throw error;
    } finally {
      await leave()?.catch(() => {});
    }
  }

  private async take(
    key: LockKey,
  ): Promise<Exclude<CallOutcome, { kind: 'refused' }>> {
    const leave = this.uses.enter();
    if (this.lock !== undefined) {
      // The method failed, and is called again.
      await this.lock.abandon();
      this.lock = undefined;
    }
    const { method, service, context } = this;
    const waiting = (this.waiting = new Leaving());
    const { signal } = waiting;
    if (this.over) waiting.abort(clientGone());
    const stopListening = onClientGone(httpResponse(context), () =>
      waiting.abort(clientGone()),
    );
    try {
      const outcome = await acquireForCall(method, service, key, {
        signal,
        context,
      });
      if (outcome.kind === 'refused') {
        this.own(outcome.error);
        throw outcome.error;
      }
      if (outcome.kind === 'held') {
        this.lock = outcome.lock;
        this.lock.onAnyLoss((lost) => this.own(lost));
        // One turn later, so that interceptors inside hear of it from the method, and roll back.
        this.lock.onLost((lost) => nextTurn(() => this.fail(lost)));
      }
      return outcome;
    } finally {
      this.waiting = undefined;
      stopListening();
      const end = leave();
      if (end !== undefined) await end.catch(() => {});
    }
  }

  private answer(value: unknown, subscriber: Subscriber<unknown>): void {
    const isSse = Reflect.getMetadata(SSE, this.context.getHandler());
    if (isObservable(value)) {
      subscriber.add(value.subscribe(subscriber));
    } else {
      if (value !== undefined || !isSse) subscriber.next(value);
      subscriber.complete();
    }
  }

  private passOn(value: unknown): unknown {
    if (this.lock === undefined) return value;
    if (httpResponse(this.context)) this.inPieces ||= isSentInPieces(value);
    else if (isAsyncIterator(value)) {
      // Read after the interceptors have ended, so in use from now on.
      const leave = this.uses.enter();
      return heldIterator(this.lock, value, { enter: () => leave });
    }
    return value;
  }

  private holdForResponse(): void {
    const { lock } = this;
    const response = httpResponse(this.context);
    if (lock === undefined || response === undefined) return;
    if (!this.inPieces && !this.method.method.answersByHand) return;
    const leave = this.uses.enter();
    // Half an answer must not look like a whole one.
    const stopListening = lock.onLost(() => response.destroy());
    void responseEnd(response).then(() => {
      stopListening();
      leave()?.catch(() => {});
    });
  }

  private outward(error: unknown): unknown {
    if (!isLockError(error) || !this.ownErrors.has(error)) return error;
    try {
      const { service } = this;
      const mapError = isLockService(service)
        ? service.mapError
        : lockErrorMapper();
      return mapError(error, this.context);
    } catch (thrown) {
      return thrown;
    }
  }
}
