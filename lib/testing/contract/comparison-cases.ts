import assert from 'node:assert/strict';
import type { Comparison, KeyRange } from '../../core/index.js';
import type { ContractTable, ContractWorld } from './contract-world.js';
import { compared } from './operations.js';

type Row = readonly [Comparison['is'], bigint, boolean];

export const comparisonCases: ContractTable = {
  'compares create revision, mod revision and version of a key': async (
    world,
  ) => {
    const create = await world.put('k');
    await world.put('k');
    const mod = await world.put('k');
    for (const [target, actual] of [
      ['create', create],
      ['mod', mod],
      ['version', 3n],
    ] as const) {
      await assertHolding(world, { key: world.key('k') }, target, [
        ['=', actual, true],
        ['=', actual - 1n, false],
        ['=', actual + 1n, false],
        ['!=', actual, false],
        ['!=', actual + 1n, true],
        ['<', actual, false],
        ['<', actual + 1n, true],
        ['>', actual, false],
        ['>', actual - 1n, true],
      ]);
    }
  },

  'compares an absent key as zero': async (world) => {
    const absent = { key: world.key('absent') };
    await assertAllZero(world, absent);
    await world.put('absent');
    await world.remove('absent');
    await assertAllZero(world, absent);
  },

  'compares an empty range as one absent key': async (world) => {
    await assertAllZero(world, world.all);
    await world.put('k');
    await assertHolding(world, world.all, 'create', [
      ['=', 0n, false],
      ['>', 0n, true],
    ]);
  },

  'asks a comparison of every key of a range': async (world) => {
    const old = await world.put('old');
    const young = await world.put('young');
    await assertHolding(world, world.all, 'create', [
      ['<', young + 1n, true],
      ['<', young, false],
      ['>', old - 1n, true],
      ['>', old, false],
      ['=', old, false],
      ['!=', young, false],
      ['!=', young + 1n, true],
    ]);
  },

  'compares no key outside of the range': async (world) => {
    for (const name of ['a', 'a/', 'a0', 'b']) await world.put(name);
    const inside = { key: world.key('a/'), end: world.key('a0') };
    const one = (await world.get('a/'))!.createRevision;
    await assertHolding(world, inside, 'create', [['=', one, true]]);
  },
};

function assertAllZero(world: ContractWorld, range: KeyRange): Promise<void> {
  const rows: Row[] = [
    ['=', 0n, true],
    ['!=', 0n, false],
    ['<', 1n, true],
    ['>', 0n, false],
  ];
  const targets = ['create', 'mod', 'version'] as const;
  return targets.reduce(
    (before, target) =>
      before.then(() => assertHolding(world, range, target, rows)),
    Promise.resolve(),
  );
}

async function assertHolding(
  world: ContractWorld,
  range: KeyRange,
  target: Comparison['target'],
  rows: readonly Row[],
): Promise<void> {
  for (const [is, to, expected] of rows) {
    const compare = [compared(range, target, is, to)];
    const { succeeded } = await world.transact({ compare });
    assert.equal(succeeded, expected, `${target} ${is} ${to}`);
  }
}
