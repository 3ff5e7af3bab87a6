import type { Children } from './children.js';
import type { DemoEtcd } from './demo-etcd.js';
import { ReportTicks } from './report-ticks.js';
import { ShopInstance } from './shop-instance.js';
import type { Timeline } from './timeline.js';

export const TTL_MS = 5_000;

/** Three instances of the shop on one etcd. */
export async function startShop(
  { endpoints, prefix }: DemoEtcd,
  children: Children,
  timeline: Timeline,
  settings: NodeJS.ProcessEnv,
): Promise<readonly [ShopInstance, ShopInstance, ShopInstance]> {
  timeline.scene('Three instances of the shop');
  const env = {
    ETCD_ENDPOINTS: endpoints,
    SHOP_PREFIX: `${prefix}shop/`,
    LOCK_NAMESPACE: `${prefix}locks/`,
    LOCK_TTL: `${TTL_MS}ms`,
    LOCK_WAIT_TIMEOUT: '30s',
    REPORT_CRON: ReportTicks.cron,
    REPORT_MIN_HOLD: ReportTicks.minHold,
    ...settings,
  };
  const start = (name: string) =>
    ShopInstance.start(name, env, children, timeline);
  return Promise.all([start('a'), start('b'), start('c')]);
}
