import { runMain } from './failure.mjs';
import { runProgram } from './program.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureBuild } from './setup/dist.mjs';
import { ensureEtcd } from './setup/etcd.mjs';

await runMain(async () => {
  await ensureDependencies();
  if (!(await ensureBuild())) return 1;
  const { etcd, etcdctl } = await ensureEtcd();
  return runProgram('board/load/main.ts', {
    ETCD_BIN: etcd,
    ETCDCTL_BIN: etcdctl,
  });
});
