import { Logger } from '@nestjs/common';
import {
  type Duration,
  LockClient,
  LockConfigurationError,
  type LockStore,
} from '../core/index.js';
import { milliseconds } from '../core/duration.js';
import { EtcdStore } from '../etcd/index.js';
import { MemoryStore } from '../memory/index.js';
import { moduleOptionProblems } from './check-module-options.js';
import type { EtcdLockModuleOptions } from './module-options.js';
import { problemsOf } from './option-problems.js';

/** A shorter TTL is lost to a garbage collection or a change of etcd's leader. */
const SHORT_TTL_MS = 5_000;

/** The client of one module, and the store behind it if the module opened it. */
export class LockConnection {
  readonly client: LockClient;

  private constructor(
    readonly options: EtcdLockModuleOptions,
    private readonly store: LockStore,
  ) {
    const { namespace, ttl, waitTimeout, instance } = options;
    this.client = new LockClient({
      store,
      ...(namespace !== undefined && { namespace }),
      ...(ttl !== undefined && { ttl }),
      ...(waitTimeout !== undefined && { waitTimeout }),
      ...(instance !== undefined && { instance }),
    });
  }

  /** @throws {LockConfigurationError} listing everything that is wrong; connects to nothing */
  static open(options: EtcdLockModuleOptions): LockConnection {
    const problems = moduleOptionProblems(options);
    let store: LockStore | undefined;
    if (problems.length === 0 || options?.hosts !== undefined) {
      problems.push(...problemsOf(() => (store = storeOf(options))));
    }
    if (problems.length > 0) {
      throw new LockConfigurationError(`EtcdLockModule: ${problems.join(' ')}`);
    }
    warnOfShortTtl(options.ttl);
    return new LockConnection(options, store!);
  }

  /** Ends what is held and closes what was opened here; an EtcdStore leaves your client open. */
  async close(): Promise<void> {
    await this.client.close();
    if (this.store !== this.options.store) await this.store.close();
  }
}

function storeOf({
  hosts,
  etcd,
  client,
  store,
}: EtcdLockModuleOptions): LockStore {
  if (client !== undefined) return new EtcdStore({ client });
  if (hosts !== undefined) return new EtcdStore({ ...etcd, hosts });
  return typeof store === 'object' ? store : new MemoryStore();
}

function warnOfShortTtl(ttl: Duration | undefined): void {
  if (ttl === undefined || milliseconds('ttl', ttl) >= SHORT_TTL_MS) return;
  new Logger('EtcdLockModule').warn(
    `A ttl of ${JSON.stringify(ttl)} is short: pauses of a few seconds, of this process or of etcd, will cost locks.`,
  );
}
