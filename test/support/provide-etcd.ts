import { ensureEtcd } from '../../scripts/setup/etcd.mjs';

/** Runs once before the tests that start etcd. Without etcd they fail: none of them is skipped. */
export async function setup(): Promise<void> {
  const { etcd, etcdctl } = await ensureEtcd();
  // Tests pause, kill and fill etcd: only ever one that they have started.
  delete process.env['ETCD_ENDPOINTS'];
  process.env['ETCD_BIN'] = etcd;
  process.env['ETCDCTL_BIN'] = etcdctl;
}
