import 'reflect-metadata';
import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  EtcdLockModule,
  type Lock,
  LockClient,
  LockService,
} from 'nestjs-etcd-lock';
import { EtcdLockBoardModule } from 'nestjs-etcd-lock/board';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import { startEtcd } from '../../support/etcd.js';

/** What docs/board.md says of many locks and many viewers: `npm run board:load`. */
const [locks = 20_000, viewers = 200] = process.argv.slice(2).map(Number);
const AT_ONCE = 500;
const RESOLUTION_MS = 5;

const etcd = await startEtcd();
try {
  const hosts = etcd.endpoints;
  await using store = new EtcdStore({ hosts });
  const others = new LockClient({ store });
  /** A handle that is dropped while its lock is held is warned of. */
  const held: Lock[] = [];
  for (let first = 0; first < locks; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, locks - first);
    held.push(
      ...(await Promise.all(
        Array.from({ length: count }, (_, n) =>
          others.acquire(`order:${first + n}`, {
            metadata: { job: 'import', user: first + n },
          }),
        ),
      )),
    );
  }

  @Module({
    imports: [
      EtcdLockModule.forRoot({ hosts, ttl: '5s', preflight: false }),
      EtcdLockBoardModule.forRoot(),
    ],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const own = await app.get(LockService).acquire('own');

  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    fileURLToPath(new URL('viewers.ts', import.meta.url)),
    `http://127.0.0.1:${port}/locks`,
    `${viewers}`,
  ]);
  delay.disable();

  const { bytes, ms } = JSON.parse(stdout) as { bytes: number; ms: number };
  const megabytes = Math.round(bytes / 1e6);
  const longest = Math.round(delay.max / 1e6) - RESOLUTION_MS;
  console.log(
    `${held.length} locks, ${viewers} viewers: ${megabytes} MB in ${(ms / 1000).toFixed(1)} s`,
  );
  console.log(
    `longest turn of the event loop: ${longest} ms, by the wall clock`,
  );
  console.log(
    own.held ? 'the application kept its own lock' : 'THE LOCK WAS LOST',
  );
  await app.close();
  await others.close();
} finally {
  await etcd.stop();
}
