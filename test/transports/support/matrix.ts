import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdLockModule, LockClient } from 'nestjs-etcd-lock';
import { MemoryCluster, MemoryStore } from 'nestjs-etcd-lock/memory';
import {
  type Cell,
  type Order,
  pairwiseCells,
  type Result,
  succeeds,
} from './cells.js';
import { Stage, WHOLE_CALL } from './stage.js';

/** What a caller is told. */
export type Outcome =
  | { readonly value: unknown }
  | { readonly error: unknown }
  /** Nothing, and nothing is to be expected any more. */
  | 'silence';

export interface Server {
  call(cell: Cell): Promise<Outcome>;
  methodOf(cell: Cell): Function;
  close(): Promise<unknown>;
}

export interface Target {
  readonly name: string;
  readonly orders: readonly Order[];
  readonly results: readonly Result[];
  start(stage: Stage, cells: readonly Cell[], locks: Locks): Promise<Server>;
  readonly expected: {
    /** Of a method that returned 'value'. */
    readonly value: unknown;
    /** Of a method that failed. */
    readonly failure: unknown;
    readonly denied?: unknown;
    readonly busy: (cell: Cell) => unknown;
    readonly skipped: unknown;
    readonly fallback: unknown;
  };
}

/** Modules whose locks exclude each other. */
export class Locks {
  private readonly cluster = new MemoryCluster();

  module(name?: string) {
    const store = new MemoryStore({ cluster: this.cluster });
    const extras = name === undefined ? {} : { name };
    return EtcdLockModule.forRoot({ store, shutdownGrace: 0, ...extras });
  }

  rival(): LockClient {
    return new LockClient({
      store: new MemoryStore({ cluster: this.cluster }),
    });
  }
}

/**
 * Runs the combinations on one server. All of them (`allCells`) on one transport for each road that
 * a lock takes into a method; on the others those in which all pairs meet.
 */
export function describeMatrix(
  target: Target,
  cellsOf: typeof pairwiseCells = pairwiseCells,
): void {
  const cells = cellsOf(target.orders, target.results);
  const rows = cells.map((cell) => [cell.title, cell] as const);
  const { expected } = target;

  describe(`a locked method as ${target.name}`, () => {
    const stage = new Stage();
    const locks = new Locks();
    const rival = locks.rival();
    let server: Server;

    beforeAll(async () => {
      server = await target.start(stage, cells, locks);
    });
    afterAll(async () => {
      await server?.close();
      await rival.close();
    });

    async function call(cell: Cell, end: string | undefined): Promise<Outcome> {
      stage.log = [];
      const outcome = await server.call(cell);
      while (end !== undefined && !stage.log.includes(end)) await turn();
      // Whatever happens twice has happened twice by then.
      await turn();
      await turn();
      return outcome;
    }

    it.each(rows)('%s: runs once, under one lock', async (_title, cell) => {
      stage.allowed = true;

      const outcome = await call(cell, 'released');

      expect(outcome).toEqual(
        succeeds(cell) ? expected.value : expected.failure,
      );
      expect(stage.log).toEqual(WHOLE_CALL);
    });

    it.each(rows)('%s: does not run when busy', async (_title, cell) => {
      stage.allowed = true;
      await using lock = await rival.acquire(cell.lockKey);

      const outcome = await call(cell, 'busy');

      expect(lock.held).toBe(true);
      expect(outcome).toEqual(
        {
          throw: () => expected.busy(cell),
          skip: () => expected.skipped,
          fallback: () => expected.fallback,
        }[cell.policy](),
      );
      const skipped = cell.policy === 'skip' ? ['skipped'] : [];
      expect(stage.log).toEqual(['requested', 'busy', ...skipped]);
    });

    it.each('denied' in expected ? rows : [])(
      '%s: takes no lock when a guard denies',
      async (_title, cell) => {
        stage.allowed = false;

        const outcome = await call(cell, undefined);

        expect(outcome).toEqual(expected.denied);
        expect(stage.log).toEqual([]);
      },
    );

    it('keeps the length of every method', () => {
      for (const cell of cells) {
        expect(server.methodOf(cell).length).toBe(1);
      }
    });

    it('keeps the name of every method', () => {
      for (const cell of cells) {
        expect([cell.name, 'process']).toContain(server.methodOf(cell).name);
      }
    });
  });
}
