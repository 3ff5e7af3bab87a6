import {
  type DynamicModule,
  Inject,
  Module,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { LockConfigurationError } from '../../core/index.js';
import { checkKnownOptions } from '../../core/internal.js';
import type { LockService } from '../../nest/service/lock.service.js';
import { providedMethods } from '../../nest/module/provided-methods.js';
import { getLockServiceToken } from '../../nest/service/tokens.js';
import { LeaderElection } from '../leader-election.js';
import { Candidates } from './candidates.js';
import { logTrouble } from './log-trouble.js';
import { electedMethodOf } from './only-leader.decorator.js';
import { ELECTION_PROPERTY, LEADER_ELECTION } from './tokens.js';

/** The options of `LeaderElectionModule.forRoot`. */
export interface LeaderElectionModuleOptions {
  /** Of the `EtcdLockModule` whose etcd the elections are held on. @default the unnamed one */
  readonly name?: string | undefined;
}

/**
 * The {@link LeaderElection} of an application, and the candidates behind its `@OnlyLeader`
 * methods, which campaign from the start until the application closes. Global; needs an
 * `EtcdLockModule` that is global too. Import it once.
 *
 * At the shutdown the campaigns end in `onModuleDestroy` and those who lead are told to end; what
 * they still do then, `EtcdLockModule` waits for as for any holder of a lock (`shutdownGrace`).
 *
 * @throws {LockConfigurationError} for unknown options; at start-up, when it is imported twice, or
 * for methods that could never run
 *
 * @example
 * imports: [EtcdLockModule.forRoot({ hosts }), LeaderElectionModule.forRoot()]
 */
@Module({ imports: [DiscoveryModule] })
export class LeaderElectionModule implements OnModuleInit, OnModuleDestroy {
  constructor(
    @Inject(LeaderElection) private readonly election: LeaderElection,
    @Inject(LEADER_ELECTION) private readonly candidates: Candidates,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  static forRoot(options: LeaderElectionModuleOptions = {}): DynamicModule {
    checkKnownOptions(options, ['name']);
    return {
      module: LeaderElectionModule,
      global: true,
      providers: [
        {
          provide: LeaderElection,
          useFactory: (locks: LockService) =>
            new LeaderElection(locks, { onTrouble: logTrouble }),
          inject: [getLockServiceToken(options.name)],
        },
        {
          provide: LEADER_ELECTION,
          useFactory: (election: LeaderElection, { client }: LockService) =>
            new Candidates(election, client),
          inject: [LeaderElection, getLockServiceToken(options.name)],
        },
      ],
      exports: [LeaderElection, LEADER_ELECTION],
    };
  }

  onModuleInit(): void {
    this.refuseNamesake();
    for (const name of this.elections()) this.candidates.of(name);
  }

  onModuleDestroy(): void {
    void this.election.close();
  }

  /** Those that the methods of the application name. */
  private elections(): Set<string> {
    const names = new Set<string>();
    const helpless = new Set<string>();
    for (const provided of providedMethods(this.discovery)) {
      const elected = electedMethodOf(provided.method);
      if (elected === undefined) continue;
      names.add(elected.election);
      if (!provided.injects(ELECTION_PROPERTY)) helpless.add(elected.where);
    }
    if (helpless.size === 0) return names;
    throw new LockConfigurationError(
      `${[...helpless].join(', ')} can never run: @OnlyLeader needs an instance that Nest builds, and useFactory or useValue gave it another one.`,
    );
  }

  private refuseNamesake(): void {
    const modules = this.discovery
      .getProviders()
      .filter(({ token }) => token === LEADER_ELECTION);
    if (modules.length === 1) return;
    throw new LockConfigurationError(
      'This application imports LeaderElectionModule.forRoot() more than once. Import it once; for another etcd make a LeaderElection of its LockService.',
    );
  }
}
