import { expect, it } from 'vitest';
import { Demo, NOTHING } from './support/demo.js';

// Apart from all other tests: some of its promises have bounds of time.
it('npm run demo keeps every promise, shows the oversell without the lock, and leaves nothing behind', async (context) => {
  const demo = Demo.startFor(context);
  const code = await demo.ends();
  const seen = (line: RegExp) =>
    (line.exec(demo.output) ?? [demo.output]).slice(1).map(Number);

  expect(demo.output).not.toContain('BROKEN');
  expect(demo.output).toMatch(/^ok +units sold with the lock .*40 of 40$/m);
  const [oversold] = seen(/^- +units sold without it .* (\d+) too many$/m);
  expect(oversold).toBeGreaterThan(0);
  expect(demo.output).toMatch(/^ok +ids issued, duplicates .* 2250, 0$/m);

  const [most, cycles, asked] = seen(
    /^ok +cycles of a kept lock, asked etcd +501, at most (\d+) +(\d+), (\d+)$/m,
  );
  expect(cycles).toBe(501);
  expect(asked).toBeLessThanOrEqual(most!);
  expect(demo.output).toMatch(
    /^ok +kept lock, another instance has it +within 1000 ms +after \d+ ms$/m,
  );

  const [ticks, runs] = seen(
    /^ok +report ticks, undisturbed .* (\d+) ticks, (\d+) runs$/m,
  );
  expect(ticks).toBeGreaterThanOrEqual(5);
  expect(runs).toBe(ticks);

  const takenOver = [
    ...demo.output.matchAll(
      /^ok +holder (\w+), .* within (\d+) ms +after (\d+) ms$/gm,
    ),
  ];
  expect(takenOver.map(([, how]) => how)).toEqual([
    'paused',
    'killed',
    'stopped',
  ]);
  expect(demo.output.match(/^ok +books of .* 0 written twice$/gm)).toHaveLength(
    3,
  );
  expect(code).toBe(0);
  expect(demo.pids.length).toBeGreaterThanOrEqual(5);
  expect(demo.leftovers).toEqual(NOTHING);
}, 150_000);
