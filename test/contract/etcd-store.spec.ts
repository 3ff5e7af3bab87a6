import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { storeContract } from '../../lib/testing/store-contract.js';
import { type Etcd, startEtcd } from '../support/etcd.js';

// Three servers side by side. On each of them one case at a time: nobody else may write there.
for (const members of [1, 3] as const) {
  describe.concurrent(`the etcd store on ${members} member(s)`, () => {
    let etcd: Etcd;
    beforeAll(async () => {
      etcd = await startEtcd({ members });
    });
    afterAll(() => etcd.stop());

    const cases = storeContract(() => ({
      connect: async () => new EtcdStore({ hosts: etcd.endpoints }),
      dispose: async () => {},
    }));
    // A member that lags creates a watch at an earlier revision; nothing is lost by that.
    const certain = cases.filter(
      ({ name }) => members === 1 || !name.includes('at the current revision'),
    );
    for (const { name, run } of certain) it.sequential(name, run);
  });
}

describe.concurrent("the etcd store on a user's own client", () => {
  let etcd: Etcd;
  let client: Etcd3;
  beforeAll(async () => {
    etcd = await startEtcd();
    client = new Etcd3({ hosts: [...etcd.endpoints] });
  });
  afterAll(async () => {
    client.close();
    await etcd.stop();
  });

  const cases = storeContract(() => ({
    connect: async () => new EtcdStore({ client }),
    dispose: async () => {},
  }));
  for (const { name, run } of cases) it.sequential(name, run);
});
