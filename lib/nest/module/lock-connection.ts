import { Logger } from '@nestjs/common';
import {
  type Clock,
  type Duration,
  LockClient,
  LockConfigurationError,
  type LockStore,
} from '../../core/index.js';
import { milliseconds, problemsOf } from '../../core/internal.js';
import { EtcdStore } from '../../etcd/index.js';
import { MemoryStore } from '../../memory/index.js';
import { durationOf, moduleOptionProblems } from './check-module-options.js';
import { LockService } from '../service/lock.service.js';
import type { EtcdLockModuleOptions } from './module-options.js';
import { OpenLockClient } from './open-lock-client.js';
import { isSurveyed, PreflightLog } from './preflight-log.js';

/** A shorter TTL is lost to a garbage collection or a change of etcd's leader. */
const SHORT_TTL_MS = 5_000;

/** The client of one module, and the store behind it if the module opened it. */
export class LockConnection {
  readonly client: LockClient;
  readonly service: LockService;
  private readonly preflight: PreflightLog | undefined;

  private constructor(
    readonly options: EtcdLockModuleOptions,
    private readonly store: LockStore,
    clock: Clock | undefined,
  ) {
    const { namespace, label, maxKept, enabled = true } = options;
    const ttl = durationOf(options, 'ttl');
    const waitTimeout = durationOf(options, 'waitTimeout');
    const keep = durationOf(options, 'keep');
    this.client = new (enabled ? LockClient : OpenLockClient)({
      store,
      ...(namespace !== undefined && { namespace }),
      ...(ttl !== undefined && { ttl }),
      ...(waitTimeout !== undefined && { waitTimeout }),
      ...(keep !== undefined && { keep }),
      ...(maxKept !== undefined && { maxKept }),
      ...(label !== undefined && { label }),
      ...(clock !== undefined && { clock }),
    });
    this.service = new LockService(this.client, options.mapError);
    if (options.preflight !== false && isSurveyed(store)) {
      this.preflight = new PreflightLog(store, ttl, clock);
    }
  }

  /** @throws {LockConfigurationError} listing everything that is wrong; connects to nothing */
  static open(options: EtcdLockModuleOptions, clock?: Clock): LockConnection {
    const problems = moduleOptionProblems(options);
    let store: LockStore | undefined;
    if (problems.length === 0 || options?.hosts !== undefined) {
      problems.push(...problemsOf(() => (store = storeOf(options))));
    }
    if (problems.length > 0) {
      throw new LockConfigurationError(`EtcdLockModule: ${problems.join(' ')}`);
    }
    if (options.enabled === false) warnOfNoLocks();
    warnOfShortTtl(durationOf(options, 'ttl'));
    return new LockConnection(options, store!, clock);
  }

  /** For how long holders are waited for at the shutdown. */
  get shutdownGrace(): Duration {
    return durationOf(this.options, 'shutdownGrace') ?? '5s';
  }

  /** Has etcd looked at in the background, unless that is switched off. */
  check(): void {
    this.preflight?.start();
  }

  /** Refuses new work, and gives up what is kept for work to come. */
  drain(): void {
    this.client.drain();
    this.service.sticky.release();
  }

  /** Ends what is held and closes what was opened here; an EtcdStore leaves your client open. */
  async close(): Promise<void> {
    this.preflight?.stop();
    await this.client.close();
    if (this.store !== this.options.store) await this.store.close();
  }
}

function storeOf({
  hosts,
  auth,
  tls,
  client,
  store,
  enabled,
}: EtcdLockModuleOptions): LockStore {
  if (enabled === false) return new MemoryStore();
  if (client !== undefined) return new EtcdStore({ client });
  if (hosts !== undefined) return new EtcdStore({ hosts, auth, tls });
  return store === undefined || store === 'memory' ? new MemoryStore() : store;
}

function warnOfNoLocks(): void {
  new Logger('EtcdLockModule').warn(
    'THE LOCKS ARE OFF (enabled: false): everybody is given every lock at once, and nothing keeps two from doing the same.',
  );
}

function warnOfShortTtl(ttl: Duration | undefined): void {
  if (ttl === undefined || milliseconds('ttl', ttl) >= SHORT_TTL_MS) return;
  new Logger('EtcdLockModule').warn(
    `A ttl of ${JSON.stringify(ttl)} is short: pauses of a few seconds, of this process or of etcd, will cost locks.`,
  );
}
