import { expect, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { startEtcd } from '../support/etcd.js';
import { waitUntil } from '../support/wait-until.js';
import { call, failure, get, put, refusal, write } from './store-calls.js';

it('leaves the fate of a write open when etcd is out of space, and still deletes', async () => {
  const quota = 2 * 2 ** 20;
  const etcd = await startEtcd({ args: [`--quota-backend-bytes=${quota}`] });
  const store = new EtcdStore({ hosts: etcd.endpoints });
  try {
    const { id } = await store.grantLease(60, call);
    await store.transact(write(put('a')), call);
    const large = write(put('large', 'x'.repeat(500_000)));
    const error = await waitUntil(() =>
      store.transact(large, call).then(
        () => undefined,
        (thrown: unknown) => failure(Promise.reject(thrown)),
      ),
    );
    // The write that crosses the quota is applied and refused in the same words.
    expect([error.reason, error.outcome]).toEqual(['no-space', 'unknown']);
    expect(await refusal(store.grantLease(60, call))).toBe('no-space, unknown');
    const range = { key: 't/a' };
    await store.transact(write({ kind: 'delete', range }), call);
    expect(await get(store, 'a')).toBeUndefined();
    expect(await store.keepAlive(id, call)).toBe(60_000);
    await store.revokeLease(id, call);
  } finally {
    await store.close();
    await etcd.stop();
  }
});
