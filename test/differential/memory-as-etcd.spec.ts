import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { MemoryStore } from '../../lib/memory/index.js';
import { Random } from '../simulation/random.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { ProgramWriter, type Step } from './program.js';
import { Replica, type Sight } from './replica.js';

const SEEDS = Number(process.env['DIFF_SEEDS'] ?? 60);
const FROM = Number(process.env['DIFF_FROM'] ?? 1);
const STEPS = 100;
const MS_PER_SEED = 5_000;

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

const replies = new Map<string, number>();

it(
  `answers random programs as etcd does, with the seeds ${FROM} to ${FROM + SEEDS - 1}`,
  async () => {
    for (let seed = FROM; seed < FROM + SEEDS; seed += 1)
      await compareStores(seed);
  },
  60_000 + SEEDS * MS_PER_SEED,
);

it.runIf(SEEDS > 20)('has seen programs that do and meet everything', () => {
  expect([...replies.keys()].sort()).toEqual([
    'attached',
    'cancel',
    'grant',
    'grant: invalid',
    'keepAlive',
    'keepAlive: gone',
    'read',
    'read: invalid',
    'revoke',
    'transact: failure',
    'transact: invalid',
    'transact: lease-not-found',
    'transact: success',
    'transact: too-large',
    'watch',
  ]);
});

async function compareStores(seed: number): Promise<void> {
  const stores = {
    memory: new MemoryStore(),
    etcd: new EtcdStore({ hosts: etcd.endpoints }),
  };
  try {
    const prefix = `${seed}/${Date.now()}/`;
    const memory = await Replica.start(stores.memory, prefix);
    const real = await Replica.start(stores.etcd, prefix);
    const writer = new ProgramWriter(new Random(seed), prefix);
    const replay = `DIFF_FROM=${seed} DIFF_SEEDS=1 npm test -- test/differential`;
    for (let n = 1; n <= STEPS; n += 1) {
      const step = writer.next(await memory.progress());
      const [simulated, said] = [await memory.run(step), await real.run(step)];
      const what = `step ${n}: ${inspect(step, { depth: 20 })}`;
      expect(simulated, `${replay}\n${what}`).toEqual(said);
      count(step, said);
    }
    expect(await memory.heard(), replay).toEqual(await real.heard());
  } finally {
    await stores.etcd.close();
    await stores.memory.close();
  }
}

function count({ kind }: Step, said: Sight): void {
  const { reason, succeeded } = Object(said) as Record<string, unknown>;
  const how =
    reason ??
    (said === 'gone' ? said : undefined) ??
    (succeeded === undefined ? undefined : succeeded ? 'success' : 'failure');
  const name = how === undefined ? kind : `${kind}: ${String(how)}`;
  replies.set(name, (replies.get(name) ?? 0) + 1);
}
