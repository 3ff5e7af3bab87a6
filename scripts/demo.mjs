import { join } from 'node:path';
import { run } from './child.mjs';
import { Failure, runMain } from './failure.mjs';
import { root } from './repository.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureBuild } from './setup/dist.mjs';
import { ensureEtcd } from './setup/etcd.mjs';

await runMain(async () => {
  await ensureDependencies();
  const env = { ...process.env };
  if (!env['ETCD_ENDPOINTS']) {
    const { etcd, etcdctl } = await ensureEtcd();
    Object.assign(env, { ETCD_BIN: etcd, ETCDCTL_BIN: etcdctl });
  }
  if (!(await ensureBuild())) throw new Failure('The build failed.');
  const demo = join(root, 'dist', 'sample-app', 'demo', 'main.js');
  const { code } = await run(
    process.execPath,
    [demo, ...process.argv.slice(2)],
    {
      cwd: root,
      env,
    },
  );
  return code;
});
