import { Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { firstValueFrom, isObservable } from 'rxjs';
import { expect } from 'vitest';
import { getLockServiceToken, LockService } from 'nestjs-etcd-lock';
import { application } from './support/application.js';
import { ALL_RESULTS, allCells, BARE_ORDERS } from './support/cells.js';
import {
  type Decoration,
  failure,
  type LockedClass,
  lockedClass,
  type Method,
} from './support/locked-class.js';
import { describeMatrix, type Outcome, type Target } from './support/matrix.js';

/** What a caller of the method itself is told; used up, where it is an Observable. */
async function outcomeOf(result: Promise<unknown>): Promise<Outcome> {
  try {
    const value = await result;
    return { value: isObservable(value) ? await firstValueFrom(value) : value };
  } catch (error) {
    return { error };
  }
}

function provider(
  name: string,
  derive: (locked: LockedClass) => LockedClass = (locked) => locked,
  scope: Scope = Scope.DEFAULT,
  decoration: Decoration = {},
  call = (instance: Record<string, Method>, method: string) =>
    instance[method]!('id'),
): Target {
  return {
    name,
    orders: BARE_ORDERS,
    results: ALL_RESULTS,
    async start(stage, cells, locks) {
      const type = derive(lockedClass(stage, cells, decoration));
      Injectable({ scope })(type);
      const app = await application({
        imports: [locks.module(), locks.module('second')],
        providers: [type],
      });
      await app.init();
      stage.watch(app.get(LockService));
      stage.watch(app.get(getLockServiceToken('second')));
      return {
        methodOf: ({ name }) => type.prototype[name]!,
        close: () => app.close(),
        async call(cell) {
          const instance =
            scope === Scope.DEFAULT
              ? app.get(type)
              : await app.resolve(type, ContextIdFactory.create());
          return outcomeOf(call(instance, cell.name));
        },
      };
    },
    expected: {
      value: { value: 'value' },
      failure: { error: failure() },
      busy: ({ lockKey }) => ({
        error: expectError('LOCK_BUSY', lockKey),
      }),
      skipped: { value: undefined },
      fallback: { value: 'fallback' },
    },
  };
}

const expectError = (code: string, key: string) =>
  expect.objectContaining({ code, key });

/** A subclass in which every locked method is called in another way. */
function calling(
  how: (
    locked: LockedClass,
    name: string,
  ) => (this: Record<string, unknown>, id: string) => unknown,
) {
  return (locked: LockedClass): LockedClass => {
    class Sub extends locked {}
    for (const name of Object.getOwnPropertyNames(locked.prototype)) {
      if (name === 'constructor') continue;
      const value = how(locked, name);
      Object.defineProperty(value, 'name', { value: name });
      Object.defineProperty(Sub.prototype, name, { value });
    }
    return Sub;
  };
}

describeMatrix(provider('a method of a provider'), allCells);
describeMatrix(
  provider('an inherited method', (locked) => class Sub extends locked {}),
);
describeMatrix(
  provider(
    'the super of a method',
    calling(
      (locked, name) =>
        function (id) {
          return Reflect.apply(locked.prototype[name]!, this, [id]);
        },
    ),
  ),
);
describeMatrix(
  provider('a method of a request-scoped provider', undefined, Scope.REQUEST),
);
describeMatrix(
  provider('a method of a transient provider', undefined, Scope.TRANSIENT),
);

describeMatrix(
  provider(
    'a method that its own class calls',
    (locked) =>
      class Sub extends locked {
        relay(name: string) {
          return this[name]!('id');
        }
      },
    Scope.DEFAULT,
    {},
    (instance, name) => instance['relay']!(name),
  ),
);

describeMatrix(
  provider('methods of two instances in one class', undefined, Scope.DEFAULT, {
    options: ({ policy, result }) =>
      policy.length % 2 === result.length % 2 ? { name: 'second' } : {},
  }),
);
