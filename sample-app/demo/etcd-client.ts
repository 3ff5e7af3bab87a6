import { setTimeout as sleep } from 'node:timers/promises';
import { noop } from 'cockatiel';
import { Etcd3 } from 'etcd3';

/** Waits until etcd answers, which takes a quorum. */
export async function reach(
  endpoints: string,
  withinMs: number,
): Promise<void> {
  const etcd = connect(endpoints);
  const deadline = Date.now() + withinMs;
  try {
    for (;;) {
      try {
        await etcd.get('demo').options({ deadline: Date.now() + 1_000 });
        return;
      } catch (error) {
        if (Date.now() > deadline) {
          throw new Error(`etcd does not answer at ${endpoints}`, {
            cause: error,
          });
        }
        await sleep(50);
      }
    }
  } finally {
    etcd.close();
  }
}

export async function wipe(endpoints: string, prefix: string): Promise<void> {
  const etcd = connect(endpoints);
  try {
    await etcd
      .delete()
      .prefix(prefix)
      .options({ deadline: Date.now() + 3_000 });
  } finally {
    etcd.close();
  }
}

function connect(endpoints: string): Etcd3 {
  return new Etcd3({
    hosts: endpoints.split(','),
    faultHandling: { host: () => noop, global: noop },
  });
}
