import { isLockError, type LockClient } from '../core/index.js';

export type QuorumAnswer =
  { readonly latencyMs: number } | { readonly message: string };

/** Asks etcd once for all who ask at the same time. */
export class QuorumProbes {
  private readonly underWay = new WeakMap<
    LockClient,
    Map<number, Promise<QuorumAnswer>>
  >();

  ask(client: LockClient, timeoutMs: number): Promise<QuorumAnswer> {
    let probes = this.underWay.get(client);
    if (probes === undefined) this.underWay.set(client, (probes = new Map()));
    let probe = probes.get(timeoutMs);
    if (probe === undefined) {
      probe = answerOf(client, timeoutMs).finally(() =>
        probes.delete(timeoutMs),
      );
      probes.set(timeoutMs, probe);
    }
    return probe;
  }
}

async function answerOf(
  client: LockClient,
  timeout: number,
): Promise<QuorumAnswer> {
  const askedAt = performance.now();
  try {
    await client.ping({ timeout });
    return { latencyMs: Math.ceil(performance.now() - askedAt) };
  } catch (error) {
    if (!isLockError(error, 'LOCK_STORE')) throw error;
    return { message: error.message };
  }
}
