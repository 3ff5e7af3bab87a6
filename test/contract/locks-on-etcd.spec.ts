import { afterAll, beforeAll, describe, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { lockContract } from '../../lib/testing/lock-contract.js';
import { waysOfTakingAlone } from '../../lib/testing/lock-contract/way-of-taking.js';
import { type Etcd, startEtcd } from '../support/etcd.js';

let etcd: Etcd;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd?.stop());

const cluster = () => ({
  connect: async () => new EtcdStore({ hosts: etcd.endpoints }),
  dispose: async () => {},
});

for (const way of waysOfTakingAlone) {
  describe.concurrent(`on etcd, ${way.name}`, () => {
    // Each case has a namespace of its own, and most of them wait for something.
    for (const { name, run } of lockContract(cluster, way)) it(name, run);
  });
}
