import {
  DistributedLock,
  LockClient,
  type LockService,
} from 'nestjs-etcd-lock';
import { LockClient as CoreClient } from 'nestjs-etcd-lock/core';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import { KeyFence, sqlFence } from 'nestjs-etcd-lock/fencing';
import { MemoryStore } from 'nestjs-etcd-lock/memory';
import { ManualClock } from 'nestjs-etcd-lock/testing';

// What each entry says of itself fits what the others say of it.
const clock = new ManualClock();
const store = new MemoryStore({ clock });
export const client: CoreClient = new LockClient({ store, clock });
export const elsewhere = new LockClient({
  store: new EtcdStore({ hosts: 'http://127.0.0.1:2379' }),
});
export const fences = [KeyFence, sqlFence];

export async function tokenOf(locks: LockService): Promise<bigint> {
  return (await locks.acquire('key')).fencingToken;
}

// Types that do not resolve are `any`, and nothing below would be an error.
// @ts-expect-error
export const wrongClient: number = client;
// @ts-expect-error
export const wrongStore: number = store;
// @ts-expect-error
export const wrongFence: number = sqlFence;
export class Wrong {
  // @ts-expect-error the method has no number to give
  @DistributedLock((id: number) => `order:${id}`)
  async pay(_id: string) {}
}
