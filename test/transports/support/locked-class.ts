import { UseGuards } from '@nestjs/common';
import { DistributedLock, type DistributedLockOptions } from 'nestjs-etcd-lock';
import type { Cell } from './cells.js';
import { guardOf, type Stage } from './stage.js';

export interface Decoration {
  readonly base?: abstract new () => object;
  /** What makes the transport call the method. */
  readonly route?: (cell: Cell) => readonly MethodDecorator[];
  readonly parameter?: () => ParameterDecorator;
  readonly failure?: () => Error;
  readonly options?: (cell: Cell) => DistributedLockOptions;
}

export type Method = (id: string) => Promise<unknown>;
export interface LockedClass {
  new (): Record<string, Method>;
  readonly prototype: Record<string, Method>;
}

/** A method for each cell, decorated in the cell's order as the compiler would have done it. */
export function lockedClass(
  stage: Stage,
  cells: readonly Cell[],
  decoration: Decoration = {},
): LockedClass {
  const Base = (decoration.base ?? Object) as new () => object;
  class Locked extends Base {}
  const { prototype } = Locked;
  for (const cell of cells) {
    const { name } = cell;
    Object.defineProperty(prototype, name, {
      ...method(name, () => stage.body(cell, decoration.failure ?? failure)),
      configurable: true,
      writable: true,
    });
    decoration.parameter?.()(prototype, name, 0);
    const decorators = {
      lock: () => [lockFor(cell, decoration)],
      route: () => decoration.route?.(cell) ?? [],
      guard: () => [UseGuards(guardOf(stage))],
    };
    const list = cell.order.flatMap((kind) => decorators[kind]());
    const descriptor = Reflect.decorate(
      [...list],
      prototype,
      name,
      Object.getOwnPropertyDescriptor(prototype, name),
    );
    Object.defineProperty(prototype, name, descriptor);
  }
  return Locked as unknown as LockedClass;
}

export const failure = () => new Error('of the method');

function method(name: string, run: () => unknown): PropertyDescriptor {
  return { value: { [name]: (_id: string) => run() }[name] };
}

function lockFor(cell: Cell, { options }: Decoration): MethodDecorator {
  const key =
    cell.keyFrom === 'fixed' ? cell.lockKey : (): string => cell.lockKey;
  return DistributedLock(key, {
    waitTimeout: 0,
    onBusy: cell.policy === 'fallback' ? () => 'fallback' : cell.policy,
    ...options?.(cell),
  }) as MethodDecorator;
}
