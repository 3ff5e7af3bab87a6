import { afterEach, describe, expect, it } from 'vitest';
import { spawnWorker, type Worker } from './worker.js';

const file = new URL('./fixtures/echo.worker.ts', import.meta.url);

describe('spawnWorker', () => {
  let worker: Worker;
  afterEach(() => worker.kill());

  it('runs TypeScript with parameter decorators, and the sources of the library', async () => {
    worker = spawnWorker(file, { WORKER_NAME: 'one' });
    expect(await worker.next('ready')).toMatchObject({
      greeting: 'hello',
      fromSources: true,
      name: 'one',
    });
  });

  it('carries bigints both ways, and hands out messages in their order', async () => {
    worker = spawnWorker(file);
    for (const value of [2n ** 63n, 2, 'three']) {
      worker.send({ type: 'echo', value });
    }
    expect(await worker.next('echoed')).toMatchObject({ value: 2n ** 63n });
    expect(await worker.next('echoed')).toMatchObject({ value: 2 });
    expect(await worker.next('echoed')).toMatchObject({ value: 'three' });
  });

  it('is silent while paused and answers after its resume', async () => {
    worker = spawnWorker(file);
    await worker.next('ready');
    worker.pause();
    worker.send({ type: 'echo', value: 1 });
    await expect(worker.next('echoed', 300)).rejects.toThrow(/in vain/);
    worker.resume();
    expect(await worker.next('echoed')).toMatchObject({ value: 1 });
  });

  it('rejects who waits for a worker that ends, with what the worker wrote', async () => {
    worker = spawnWorker(file);
    await worker.next('ready');
    worker.send({ type: 'echo', value: 'crash' });
    await expect(worker.next('echoed')).rejects.toThrow(/told to crash/);
    expect(await worker.exit()).toBe(1);
  });

  it('is killed also while paused', async () => {
    worker = spawnWorker(file);
    await worker.next('ready');
    worker.pause();
    await worker.kill();
    expect(await worker.exit()).toBe('SIGKILL');
  });
});
