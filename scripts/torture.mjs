import { runMain } from './failure.mjs';
import { runProgram } from './program.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEtcd } from './setup/etcd.mjs';

await runMain(async () => {
  await ensureDependencies();
  const { etcd, etcdctl } = await ensureEtcd();
  return runProgram('torture/main.ts', {
    ETCD_BIN: etcd,
    ETCDCTL_BIN: etcdctl,
  });
});
