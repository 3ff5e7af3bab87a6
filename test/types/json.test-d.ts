import { expectTypeOf, it } from 'vitest';
import type {
  JsonOf,
  Lock,
  LockEvent,
  LockJson,
  LockState,
  TicketState,
} from 'nestjs-etcd-lock';

it('tokens and revisions are strings after JSON', () => {
  expectTypeOf<JsonOf<TicketState>['createRevision']>().toEqualTypeOf<string>();
  expectTypeOf<JsonOf<LockState>['holders']>().toEqualTypeOf<
    readonly JsonOf<TicketState>[]
  >();
  expectTypeOf<
    JsonOf<Extract<LockEvent, { type: 'acquired' }>>['fencingToken']
  >().toEqualTypeOf<string>();
  expectTypeOf<JsonOf<LockState>['key']>().toEqualTypeOf<string>();
});

it('a lock says as what it is written', () => {
  expectTypeOf<ReturnType<Lock['toJSON']>>().toEqualTypeOf<LockJson>();
  expectTypeOf<LockJson['fencingToken']>().toEqualTypeOf<string>();
});

it('what a lock looks like, its tickets and events say as what they are written', () => {
  expectTypeOf<ReturnType<LockState['toJSON']>>().toEqualTypeOf<
    JsonOf<LockState>
  >();
  expectTypeOf<ReturnType<TicketState['toJSON']>>().toEqualTypeOf<
    JsonOf<TicketState>
  >();
  expectTypeOf<ReturnType<LockEvent['toJSON']>>().toEqualTypeOf<
    JsonOf<LockEvent>
  >();
  expectTypeOf<keyof JsonOf<LockState>>().toEqualTypeOf<
    'key' | 'etcdName' | 'holders' | 'waiters'
  >();
});
