import { join } from 'node:path';
import { run } from './child.mjs';
import { runMain } from './failure.mjs';
import { root } from './repository.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureBuild } from './setup/dist.mjs';
import { ensureEtcd } from './setup/etcd.mjs';

await runMain(async () => {
  await ensureDependencies();
  if (!(await ensureBuild())) return 1;
  const { etcd, etcdctl } = await ensureEtcd();
  const main = join(root, 'test', 'board', 'load', 'main.ts');
  const { code } = await run(
    process.execPath,
    ['--import', 'tsx', main, ...process.argv.slice(2)],
    {
      cwd: root,
      env: { ...process.env, ETCD_BIN: etcd, ETCDCTL_BIN: etcdctl },
    },
  );
  return code;
});
