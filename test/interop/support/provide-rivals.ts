import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { report } from '../../../scripts/failure.mjs';
import { root } from '../../../scripts/repository.mjs';
import { ensureEtcd } from '../../../scripts/setup/etcd.mjs';
import { buildWithGo } from '../../../scripts/setup/go.mjs';

/** Those whose etcdctl may be met beside us. */
const SERIES = ['3.4', '3.5', '3.6', '3.7'];

/**
 * Brings the programs of others, once before all tests. What cannot be had is said, and its tests
 * are not there.
 */
export async function setup(): Promise<void> {
  const etcds: Record<string, string> = {};
  const etcdctls: Record<string, string> = {};
  for (const series of SERIES) {
    const env: NodeJS.ProcessEnv = { ...process.env, USE_ETCD: series };
    delete env['ETCD_BIN'];
    delete env['ETCDCTL_BIN'];
    try {
      const { etcd, etcdctl } = await ensureEtcd({ env });
      etcds[series] = etcd;
      etcdctls[series] = etcdctl;
    } catch (error) {
      console.log(`Without etcd ${series}, no tests against it.`);
      report(error);
    }
  }
  const cache = join(root, '.cache', 'interop');
  mkdirSync(cache, { recursive: true });
  const go = await buildWithGo(join(root, 'test', 'interop', 'go'), cache);
  if (!go)
    console.log("Without Go 1.24 or later, no tests against Go's client.");
  process.env['INTEROP_ETCD'] = JSON.stringify(etcds);
  process.env['INTEROP_ETCDCTL'] = JSON.stringify(etcdctls);
  process.env['INTEROP_GO'] = go ?? '';
}
