/** An application that takes a lock through the decorator and through the service. */
const program = `
const { Module, Injectable } = common;
const { NestFactory } = core;
const { EtcdLockModule, LockContext, LockService } = locks;

class Job {
  async run() {
    return LockContext.current()?.key;
  }
}
const descriptor = Object.getOwnPropertyDescriptor(Job.prototype, 'run');
decorators.DistributedLock('job')(Job.prototype, 'run', descriptor);
Object.defineProperty(Job.prototype, 'run', descriptor);
Injectable()(Job);

class App {}
Module({
  imports: [EtcdLockModule.forRoot({ store: 'memory' })],
  providers: [Job],
})(App);

async function main() {
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const key = await app.get(Job).run();
  const lock = await app.get(LockService).acquire('other');
  await lock.release();
  await app.close();
  return key + ' and ' + lock.key;
}
`;

export const imported = `
import 'reflect-metadata';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import * as locks from 'nestjs-etcd-lock';
const decorators = locks;
${program}
console.log(await main());
`;

export const required = `
require('reflect-metadata');
const common = require('@nestjs/common');
const core = require('@nestjs/core');
const locks = require('nestjs-etcd-lock');
const decorators = locks;
${program}
main().then(console.log);
`;

/** The decorator of one copy, the module and the context of the other. */
export const bothCopies = `
import 'reflect-metadata';
import { createRequire } from 'node:module';
const [common, core, locks] = await Promise.all([
  import('@nestjs/common'),
  import('@nestjs/core'),
  import('nestjs-etcd-lock'),
]);
const copy = createRequire(import.meta.url)('nestjs-etcd-lock');
if (copy.LockService === locks.LockService) throw new Error('It is one copy.');
const decorators = copy;
${program}
console.log(await main());
const descriptorOfNone = { value: async () => {} };
try {
  copy.DistributedLock('')({}, 'run', descriptorOfNone);
} catch (error) {
  console.log(error instanceof locks.LockError, locks.isLockError(error, 'LOCK_CONFIGURATION'));
}
`;

/** Run by Jest, with its own `require`. */
export const jestSpec = `
require('reflect-metadata');
const common = require('@nestjs/common');
const core = require('@nestjs/core');
const locks = require('nestjs-etcd-lock');
const decorators = locks;
${program}
test('a method runs under its lock', async () => {
  expect(await main()).toBe('job and other');
});
`;

export const vitestSpec = `
import 'reflect-metadata';
import { expect, test } from 'vitest';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import * as locks from 'nestjs-etcd-lock';
const decorators = locks;
${program}
test('a method runs under its lock', async () => {
  expect(await main()).toBe('job and other');
});
`;

/** What a user writes, with every entry of the package, checked with the types of its libraries. */
export const typed = `
import { DistributedLock, EtcdLockModule, type Lock, LockService } from 'nestjs-etcd-lock';
import { LockClient } from 'nestjs-etcd-lock/core';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import { KeyFence } from 'nestjs-etcd-lock/fencing';
import { MemoryStore } from 'nestjs-etcd-lock/memory';
import { ManualClock } from 'nestjs-etcd-lock/testing';

export class Orders {
  @DistributedLock((id: string) => \`order:\${id}\`)
  async pay(id: string): Promise<string> {
    return id;
  }
}
export const module = EtcdLockModule.forRoot({ store: 'memory' });
export const acquire = (locks: LockService): Promise<Lock> => locks.acquire('key');
export const parts = [LockClient, EtcdStore, KeyFence, MemoryStore, ManualClock];
// @ts-expect-error the types are there: not everything is any
export const wrong: number = new LockClient({ store: new MemoryStore() });
`;
