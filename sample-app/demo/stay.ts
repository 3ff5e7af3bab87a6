import { setTimeout as sleep } from 'node:timers/promises';
import type { Children } from './children.js';
import type { DemoEtcd } from './demo-etcd.js';
import { startShop } from './shop.js';
import type { ShopInstance } from './shop-instance.js';
import type { Timeline } from './timeline.js';

/** The shop at work, for as long as somebody wants to look at it and to interfere. */
export async function stay(
  etcd: DemoEtcd,
  children: Children,
  timeline: Timeline,
): Promise<never> {
  const shop = await startShop(etcd, children, timeline, {
    LOG_LEVELS: 'log,warn,error,fatal',
    LEDGER_MS_PER_ACCOUNT: '200',
  });
  const [a] = shop;
  timeline.scene('Look, and interfere');
  const { endpoints, prefix, pid } = etcd;
  const reach = `--hosts ${endpoints} --namespace ${prefix}locks/`;
  for (const [what, where] of Object.entries({
    board: a.boardUrl,
    locks: `npx nestjs-etcd-lock ls ${reach}`,
    metrics: `${a.url}/metrics`,
    health: `${a.url}/health/ready`,
    ...(pid && {
      etcd: `kill -STOP ${pid} stops it, kill -CONT ${pid} ends that`,
    }),
  })) {
    timeline.print(`  ${what.padEnd(8)} ${where}`);
  }
  timeline.print('\nCtrl-C ends it.\n');
  await a.put('/stock/teapot', { units: 1_000_000 });
  return Promise.race([...shop.map(sellTeapots), closeMonths(shop)]);
}

async function sellTeapots(instance: ShopInstance): Promise<never> {
  for (;;) {
    await instance.post('/orders', { sku: 'teapot', quantity: 1 });
    await sleep(500);
  }
}

/**
 * All instances want to close each month; one does, unless it loses the lock. Each in its turn is the
 * one, so it comes a little before the others.
 */
async function closeMonths(shop: readonly ShopInstance[]): Promise<never> {
  for (let month = 0; ; month++) {
    const name = new Date(Date.UTC(2026, month)).toISOString().slice(0, 7);
    const from = month % shop.length;
    const close = (one: ShopInstance) => one.post(`/ledger/${name}/close`);
    const first = close(shop[from]!);
    await sleep(200);
    const others = shop.filter((_, index) => index !== from).map(close);
    await Promise.all([first, ...others]);
    await sleep(500);
  }
}
