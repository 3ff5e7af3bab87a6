import { report, runMain } from './failure.mjs';
import { runProgram } from './program.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEtcd } from './setup/etcd.mjs';
import { ensureNginx } from './setup/nginx.mjs';

await runMain(async () => {
  await ensureDependencies();
  const { etcd, etcdctl } = await ensureEtcd();
  // Without it all workers go straight to the members.
  await ensureNginx().catch(report);
  return runProgram('torture/main.ts', {
    ETCD_BIN: etcd,
    ETCDCTL_BIN: etcdctl,
  });
});
