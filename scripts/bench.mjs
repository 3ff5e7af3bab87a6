import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, report, runMain } from './failure.mjs';
import { runProgram } from './program.mjs';
import { root } from './repository.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureBuild } from './setup/dist.mjs';
import { ensureEtcd } from './setup/etcd.mjs';
import { ensureRedis } from './setup/redis.mjs';
import { buildWithGo } from './setup/go.mjs';

const bench = join(root, 'test', 'bench');

await runMain(async () => {
  await ensureDependencies();
  const { etcd, etcdctl } = await ensureEtcd();
  const redis = await ensureRedis().catch((error) => {
    report(error);
    return undefined;
  });
  if (!(await ensureBuild())) throw new Failure('The build failed.');
  const cache = join(root, '.cache', 'bench');
  mkdirSync(cache, { recursive: true });
  const go = await buildWithGo(join(bench, 'go'), cache);
  return runProgram('bench/main.ts', {
    ETCD_BIN: etcd,
    ETCDCTL_BIN: etcdctl,
    REDIS_BIN: redis ?? '',
    BENCH_GO: go ?? '',
    // Without the paths of the other tsconfig, the package is what was built of it.
    TSX_TSCONFIG_PATH: join(bench, 'tsconfig.json'),
    // Data goes to the disk of the repository: the system's own folder may be in memory.
    TMPDIR: cache,
  });
});
