import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LockService } from 'nestjs-etcd-lock';
import { StoreError } from 'nestjs-etcd-lock/core';
import type { ClusterSurvey } from 'nestjs-etcd-lock/etcd';
import { MemoryCluster, MemoryStore } from 'nestjs-etcd-lock/memory';
import { ManualClock } from 'nestjs-etcd-lock/testing';
import { PreflightLog } from '../../lib/nest/module/preflight-log.js';
import { contextOf, gate, World } from './support/harness.js';

const AWAY = new StoreError('unavailable', 'not-applied', 'nobody there');

/** A store that can be surveyed, as one on etcd can. */
class SurveyedStore extends MemoryStore {
  surveys = 0;
  answer: () => ClusterSurvey | Promise<ClusterSurvey> = () => survey();

  async survey(): Promise<ClusterSurvey> {
    this.surveys += 1;
    return this.answer();
  }
}

function survey(some: Partial<ClusterSurvey> = {}): ClusterSurvey {
  return {
    hosts: [
      {
        host: 'http://a:2379',
        clusterId: 'c1',
        memberId: 'm1',
        version: '3.6.14',
        learner: false,
        alarms: ['CORRUPT'],
        databaseBytes: 0,
        grpcProxy: false,
      },
    ],
    silent: [],
    members: { voters: 1, learners: 0 },
    minimumTtlMs: 2_000,
    authenticated: false,
    unknown: ['the members: permission denied'],
    ...some,
  };
}

let log: Record<'error' | 'warn' | 'debug', string[]>;
beforeEach(() => {
  log = { error: [], warn: [], debug: [] };
  for (const level of ['error', 'warn', 'debug'] as const) {
    const spy = vi.spyOn(Logger.prototype, level);
    spy.mockImplementation((line: unknown) => log[level].push(String(line)));
    onTestFinished(() => spy.mockRestore());
  }
});

function preflightLines(level: keyof typeof log): string[] {
  return log[level].filter((line) => /preflight/.test(line));
}

describe('the preflight of a module', () => {
  it('logs each finding with a link to what explains it', async () => {
    const store = new SurveyedStore();
    await contextOf({ imports: [new World({ store }).module] });

    await vi.waitFor(() => expect(preflightLines('debug')).toHaveLength(1));
    expect(preflightLines('error')).toEqual([
      expect.stringMatching(
        /CORRUPT.* See nestjs-etcd-lock\/docs\/preflight\.md#corrupt$/,
      ),
    ]);
    expect(preflightLines('warn')).toEqual([
      expect.stringMatching(/single member.*preflight\.md#single-member$/),
    ]);
    expect(preflightLines('debug')).toEqual([
      'The preflight did not learn the members: permission denied.',
    ]);
  });

  it('knows the ttl of the module', async () => {
    const store = new SurveyedStore();
    store.answer = () => survey({ minimumTtlMs: 9_000 });
    await contextOf({ imports: [new World({ store, ttl: '10s' }).module] });

    await vi.waitFor(() => expect(log.warn.join()).toMatch(/#short-ttl/));
    expect(log.warn.join()).toContain('A ttl of 10000 ms');
  });

  it('does not delay the start, nor does the end wait for it', async () => {
    const store = new SurveyedStore();
    const answer = gate<ClusterSurvey>();
    store.answer = () => answer.passed;

    const app = await contextOf({ imports: [new World({ store }).module] });
    expect(store.surveys).toBe(1);
    expect(app.get(LockService)).toBeDefined();
    await app.close();

    answer.open(survey());
    await answer.passed;
    await new Promise(setImmediate);
    expect(preflightLines('warn')).toEqual([]);
  });

  it('can be switched off', async () => {
    const store = new SurveyedStore();
    await contextOf({
      imports: [new World({ store, preflight: false }).module],
    });
    expect(store.surveys).toBe(0);
  });

  it('is none for a store that is no etcd', async () => {
    const store = new MemoryStore({ cluster: new MemoryCluster() });
    await contextOf({ imports: [new World({ store }).module] });
    expect(preflightLines('debug')).toEqual([]);
  });
});

describe('the preflight without etcd', () => {
  it('says once that etcd refuses, and goes on asking', async () => {
    const clock = new ManualClock();
    const store = new SurveyedStore();
    const refusal = new StoreError(
      'unauthenticated',
      'not-applied',
      'bad password',
    );
    store.answer = () => Promise.reject(refusal);
    new PreflightLog(store, undefined, clock).start();

    await clock.advance(10_000);
    expect(log.error).toEqual(['etcd refuses these locks: bad password']);
    expect(store.surveys).toBe(4);
  });

  it('is made when etcd is there, once', async () => {
    const clock = new ManualClock();
    const store = new SurveyedStore();
    store.answer = () => Promise.reject(AWAY);
    new PreflightLog(store, undefined, clock).start();

    await clock.advance(60_000);
    // After 1, 3, 7, 15, 31 seconds; from then on twice a minute.
    expect(store.surveys).toBe(6);
    await clock.advance(60_000);
    expect(store.surveys).toBe(8);
    expect(preflightLines('warn')).toEqual([]);

    store.answer = () => survey();
    await clock.advance(30_000);
    expect(preflightLines('warn')).toHaveLength(1);
    await clock.advance(600_000);
    expect(store.surveys).toBe(9);
  });

  it('is given up when the application closes', async () => {
    const clock = new ManualClock();
    const store = new SurveyedStore();
    store.answer = () => Promise.reject(AWAY);
    const preflight = new PreflightLog(store, undefined, clock);
    preflight.start();
    await clock.advance(0);

    preflight.stop();

    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an etcd that was restored from a backup', () => {
  it('is told of in the log', async () => {
    const app = await contextOf({ imports: [new World().module] });

    app
      .get(LockService)
      .client.report({ type: 'revision-went-back', seen: 9n, now: 4n });

    expect(preflightLines('error')).toEqual([
      expect.stringMatching(/from revision 9 to 4.*#restored-backup$/),
    ]);
  });
});
