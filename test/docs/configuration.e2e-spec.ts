import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { getLockServiceToken, type LockService } from 'nestjs-etcd-lock';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { codeBlocks } from './support/code-blocks.js';
import { Extraction } from './support/extraction.js';
import { page } from './support/pages.js';

const blocks = codeBlocks(page('docs/configuration.md')).filter(
  ({ file }) => file !== undefined,
);
const settings = () => ({
  ETCD_HOSTS: etcd.endpoints.join(','),
  LOCK_TTL: '23s',
  LOCK_WAIT_TIMEOUT: '30',
});

const extraction = new Extraction();
let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(async () => {
  extraction.remove();
  await etcd?.stop();
});

beforeEach(() => void Object.assign(process.env, settings()));
afterEach(() => {
  for (const name of Object.keys(settings())) delete process.env[name];
});

it.each(blocks.map((block) => [block.file!, block] as const))(
  'takes hosts and durations from the environment: %s',
  async (file, block) => {
    const { AppModule } = (await import(extraction.addProgram(block))) as {
      AppModule: Type;
    };
    const name = file === 'with-names.ts' ? 'billing' : undefined;
    const app = await Test.createTestingModule({
      imports: [AppModule],
    }).compile();
    await app.init();
    try {
      const locks: LockService = app.get(getLockServiceToken(name), {
        strict: false,
      });
      const holder = await locks.acquire('key', { waitTimeout: '1m' });
      expect(locks.client.sessions()).toEqual([
        expect.objectContaining({ ttlMs: 23_000 }),
      ]);
      await expect(
        Promise.resolve().then(() => locks.acquire('key')),
      ).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
        waitedMs: expect.toSatisfy((ms: number) => ms >= 29 && ms < 5_000),
      });
      await holder.release();
    } finally {
      await app.close();
    }
  },
);

it('has every form that there is', () => {
  expect(blocks.map(({ file }) => file)).toEqual(
    ['factory', 'namespace', 'key', 'class', 'existing', 'names'].map(
      (form) => `with-${form}.ts`,
    ),
  );
});
