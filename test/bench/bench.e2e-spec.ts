import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../../scripts/child.mjs';
import { root } from '../../scripts/repository.mjs';

it('measures without Go and without Redis, and says that they are left out', async () => {
  const bench = join(root, 'test', 'bench');
  const { code, output } = await run(
    process.execPath,
    ['--import', 'tsx', join(bench, 'main.ts'), '--quick', '--only', 'P1'],
    {
      cwd: root,
      capture: true,
      env: {
        ...process.env,
        BENCH_GO: '',
        REDIS_BIN: '',
        TSX_TSCONFIG_PATH: join(bench, 'tsconfig.json'),
      },
    },
  );
  expect(output).toMatch(/nestjs-etcd-lock[^]*Go’s mutex was left out/);
  expect(output).toContain('The locks on Redis were left out');
  expect(output).not.toMatch(/redlock|redis-semaphore|concurrency\.Mutex/);
  expect(code).toBe(0);
});
