import { setImmediate as turn } from 'node:timers/promises';
import { type CanActivate, Injectable } from '@nestjs/common';
import { Observable } from 'rxjs';
import { LockContext, type LockService } from 'nestjs-etcd-lock';
import type { Cell } from './cells.js';

/** What happens to locks and methods, in its order. The calls of a target follow each other. */
export class Stage {
  log: string[] = [];
  allowed = true;

  watch({ client }: LockService): void {
    client.subscribe((event) => {
      if ('key' in event) this.log.push(event.type);
    });
  }

  /** The method of a cell. `failure` makes what the failing ones throw. */
  body(cell: Cell, failure: () => Error): unknown {
    const say = (what: string) => {
      const lock = LockContext.current();
      const held = lock?.held === true && lock.key === cell.lockKey;
      this.log.push(held ? `${what} under lock` : `${what} WITHOUT lock`);
    };
    const produce = async () => {
      await turn();
      say('end');
      if (cell.result === 'promise' || cell.result === 'observable') {
        return 'value';
      }
      throw failure();
    };
    say('start');
    switch (cell.result) {
      case 'promise':
      case 'rejection':
        return produce();
      case 'value':
        say('end');
        return 'value';
      case 'exception':
        say('end');
        throw failure();
      case 'observable':
      case 'failing observable':
        return new Observable((subscriber) => {
          produce().then(
            (value) => {
              subscriber.next(value);
              subscriber.complete();
            },
            (error) => subscriber.error(error),
          );
        });
    }
  }
}

/** One call, from its lock to its release. */
export const WHOLE_CALL = [
  'requested',
  'acquired',
  'start under lock',
  'end under lock',
  'released',
];

/** A guard class of its own for each stage, which Nest can build without being told of it. */
export function guardOf(stage: Stage): new () => CanActivate {
  @Injectable()
  class SwitchGuard implements CanActivate {
    canActivate(): boolean {
      return stage.allowed;
    }
  }
  return SwitchGuard;
}
