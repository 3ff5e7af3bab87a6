import type { AddressInfo } from 'node:net';
import { Logger, type ModuleMetadata } from '@nestjs/common';
import type {
  INestApplication,
  INestApplicationContext,
  NestApplicationOptions,
} from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModule } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import {
  EtcdLockModule,
  type EtcdLockModuleExtras,
  type EtcdLockModuleOptions,
  LockClient,
  type LockEvent,
  LockService,
} from 'nestjs-etcd-lock';
import { MemoryCluster, MemoryStore } from 'nestjs-etcd-lock/memory';

export type Adapter = 'express' | 'fastify';
export const adapters: readonly Adapter[] = ['express', 'fastify'];

/** One etcd stand-in for an application and for whoever competes with it. */
export class World {
  readonly cluster = new MemoryCluster();
  readonly module: ReturnType<typeof EtcdLockModule.forRoot>;
  private readonly rivalClient = this.client();

  constructor(
    options: Partial<EtcdLockModuleOptions & EtcdLockModuleExtras> = {},
  ) {
    this.module = this.lockModule(options);
    onTestFinished(() => this.rivalClient.close());
  }

  lockModule(
    options: Partial<EtcdLockModuleOptions & EtcdLockModuleExtras> = {},
  ) {
    const store = new MemoryStore({ cluster: this.cluster });
    return EtcdLockModule.forRoot({ store, shutdownGrace: 0, ...options });
  }

  /** Another process, as far as locks are concerned. */
  get rival(): LockClient {
    return this.rivalClient;
  }

  async isHeld(key: string): Promise<boolean> {
    return (await this.rivalClient.inspect(key)).holders.length > 0;
  }

  private client(): LockClient {
    return new LockClient({
      store: new MemoryStore({ cluster: this.cluster }),
    });
  }
}

export async function contextOf(
  metadata: ModuleMetadata,
): Promise<TestingModule> {
  const module = await Test.createTestingModule(metadata)
    .setLogger(silent)
    .compile();
  const started = module.init();
  onTestFinished(() =>
    started.then(
      () => module.close(),
      () => {},
    ),
  );
  return started;
}

export async function listen(
  metadata: ModuleMetadata,
  adapter: Adapter = 'express',
  prepare: (app: INestApplication) => void = () => {},
): Promise<{ readonly app: INestApplication; readonly url: string }> {
  const module = await Test.createTestingModule(metadata)
    .setLogger(silent)
    .compile();
  const options: NestApplicationOptions = {
    logger: silent,
    forceCloseConnections: true,
  };
  const app: INestApplication =
    adapter === 'fastify'
      ? module.createNestApplication(
          new FastifyAdapter({ forceCloseConnections: true }),
          options,
        )
      : module.createNestApplication(options);
  prepare(app);
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}` };
}

/** Counts what happened to locks, by type of event. */
export function tally(client: LockClient): {
  count(type: LockEvent['type']): number;
} {
  const seen: LockEvent[] = [];
  client.subscribe((event) => seen.push(event));
  return {
    count: (type) => seen.filter((event) => event.type === type).length,
  };
}

/** Takes all locks from an application, there and then. */
export async function loseAll(app: INestApplicationContext): Promise<void> {
  await app.get(LockService).client.releaseAll();
}

/** A promise that the test settles. */
export function gate<T = void>() {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const passed = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { passed, open, fail };
}

const silent = {
  log() {},
  error() {},
  warn() {},
  debug() {},
  verbose() {},
  fatal() {},
};
Logger.overrideLogger(silent);
