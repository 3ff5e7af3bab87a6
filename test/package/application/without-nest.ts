import { deepStrictEqual } from 'node:assert';
import { LockClient, type LockStore } from 'nestjs-etcd-lock/core';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import { MemoryStore } from 'nestjs-etcd-lock/memory';

const hosts = process.env['ETCD_HOST'];
const store: LockStore & { close(): Promise<void> } =
  hosts === undefined ? new MemoryStore() : new EtcdStore({ hosts });

async function useLocks(): Promise<readonly unknown[]> {
  const locks = new LockClient({ store });
  const seen = await locks.withLock('report', async (lock) => [
    lock.key,
    await locks.isLocked('report'),
  ]);
  await locks.close();
  await store.close();
  return seen;
}

void useLocks().then((seen) => {
  deepStrictEqual(seen, ['report', true]);
  console.log('as expected');
});
