import { describe, expect, it } from 'vitest';
import { Demo, NOTHING } from './support/demo.js';

describe.concurrent('npm run demo', () => {
  it('ends all its processes on Ctrl-C, also one that is paused', async (context) => {
    const demo = Demo.startFor(context);
    await demo.prints(/<- SIGSTOP/);
    demo.child.kill('SIGINT');

    expect(await demo.ends()).toBe(130);
    expect(demo.pids.length).toBeGreaterThanOrEqual(5);
    expect(demo.leftovers).toEqual(NOTHING);
  }, 120_000);

  it('ends all its processes when it is killed itself', async (context) => {
    const demo = Demo.startFor(context);
    await demo.prints(/<- SIGSTOP/);
    demo.child.kill('SIGKILL');

    expect(await demo.ends()).toBe('SIGKILL');
    expect(demo.pids.length).toBeGreaterThanOrEqual(5);
    await context.expect
      .poll(() => demo.leftovers, { timeout: 10_000 })
      .toEqual(NOTHING);
  }, 120_000);

  it('names the etcd that does not answer', async (context) => {
    const demo = Demo.startFor(context, {
      ETCD_ENDPOINTS: 'http://127.0.0.1:1',
    });

    expect(await demo.ends()).toBe(1);
    expect(demo.output).toContain('etcd does not answer at http://127.0.0.1:1');
    expect(demo.leftovers).toEqual(NOTHING);
  }, 120_000);
});
