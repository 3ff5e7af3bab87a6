import {
  type DynamicModule,
  Inject,
  Module,
  type OnModuleDestroy,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryModule,
  DiscoveryService,
  ModulesContainer,
} from '@nestjs/core';
import { LockConfigurationError } from '../core/index.js';
import type { LockService } from '../nest/service/lock.service.js';
import { getLockServiceToken } from '../nest/service/tokens.js';
import { AllowedHosts } from './allowed-hosts.js';
import { boardController } from './board-controller.js';
import {
  checkBoardOptions,
  type EtcdLockBoardOptions,
  refuseUnguarded,
} from './board-options.js';
import { LockBoard } from './lock-board.js';
import { routeInTheWay } from './route-in-the-way.js';
import { BOARD_CONTROLLER, BOARD_OPTIONS, LOCK_BOARD } from './tokens.js';

/**
 * A page that shows the locks of an application's namespace as they change, whoever holds them, and
 * on request takes one away. Needs an `EtcdLockModule` that is global, and HTTP by Express or
 * Fastify.
 *
 * However many people look, etcd sees one watch; while nobody looks, none. Guards are asked when the
 * page, its parts and its stream of changes are opened, not again while that stream lasts.
 */
@Module({ imports: [DiscoveryModule] })
export class EtcdLockBoardModule implements OnModuleInit, OnModuleDestroy {
  constructor(
    @Inject(LOCK_BOARD) private readonly board: LockBoard,
    @Inject(BOARD_OPTIONS) private readonly options: EtcdLockBoardOptions,
    @Inject(BOARD_CONTROLLER) private readonly controller: Type,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {}

  /**
   * There is no `forRootAsync`: the path and the guards of a route stand fast before anything is
   * injected.
   *
   * @throws {LockConfigurationError} for options that cannot work; at start-up in production
   * without `guards`, or with `allowUnguarded` without `allowedHosts`, and when a route of the
   * application is in the way
   *
   * @example
   * EtcdLockBoardModule.forRoot({ path: 'ops/locks', guards: [OperatorsOnly], allowRelease: true })
   */
  static forRoot(options: EtcdLockBoardOptions = {}): DynamicModule {
    checkBoardOptions(options);
    const { path = 'locks', imports = [], name, allowedHosts } = options;
    const { guards = [], releaseGuards = [] } = options;
    const hosts =
      guards.length > 0 && allowedHosts === undefined
        ? []
        : [new AllowedHosts(allowedHosts)];
    const controller = boardController(
      path,
      [...hosts, ...guards],
      releaseGuards,
    );
    return {
      module: EtcdLockBoardModule,
      imports,
      controllers: [controller],
      providers: [
        { provide: BOARD_OPTIONS, useValue: options },
        { provide: BOARD_CONTROLLER, useValue: controller },
        {
          provide: LOCK_BOARD,
          useFactory: (locks: LockService) =>
            new LockBoard(locks, options.allowRelease ?? false),
          inject: [getLockServiceToken(name)],
        },
      ],
    };
  }

  onModuleInit(): void {
    refuseUnguarded(this.options);
    const { discovery, modules, config } = this;
    const other = routeInTheWay(this.controller, discovery, modules, config);
    if (other === undefined) return;
    throw new LockConfigurationError(
      `EtcdLockBoardModule: the path "${this.options.path ?? 'locks'}" collides with ${other}. Give the board another "path".`,
    );
  }

  /** Before the server waits for its connections to end. */
  onModuleDestroy(): void {
    this.board.close();
  }
}
