import { createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freePort, freePorts } from './free-port.js';

describe('freePort', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('never gives a port twice', async () => {
    const ports = await freePorts(200);
    expect(new Set(ports).size).toBe(200);
  });

  it('gives ports that can be listened on', async () => {
    const server = createServer();
    const port = await freePort();
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    server.close();
  });

  it('gives workers that run side by side ports of their own', async () => {
    const spans: { from: number; to: number }[] = [];
    for (const worker of ['1', '2', '3']) {
      vi.stubEnv('VITEST_POOL_ID', worker);
      const ports = await freePorts(100);
      spans.push({ from: Math.min(...ports), to: Math.max(...ports) });
    }
    spans.sort((one, other) => one.from - other.from);
    for (const [index, { from }] of spans.entries()) {
      if (index > 0) expect(from).toBeGreaterThan(spans[index - 1]!.to);
    }
  });
});
