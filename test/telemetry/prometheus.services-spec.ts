import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { freePorts } from '../support/free-port.js';
import { waitUntil } from '../support/wait-until.js';
import { spawnWorker, type Worker } from '../support/worker.js';
import { type Prometheus, startPrometheus } from './support/prometheus.js';

const docs = new URL('../../docs/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, docs), 'utf8');

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets: readonly {
    readonly refId: string;
    readonly expr: string;
  }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition: string;
}

const dashboard = JSON.parse(read('grafana-dashboard.json')) as {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
};

let etcd: Etcd;
let shops: readonly Worker[];
let prometheus: Prometheus;

async function tell(
  shop: Worker,
  what: string,
  key = '',
  waitTimeout = 10_000,
): Promise<string> {
  shop.send({ type: 'do', what, key, waitTimeout });
  const { outcome } = await shop.next<{ outcome: string }>('did');
  return outcome;
}

/** Waits until the sum of what the query finds is `value`. */
async function seen(query: string, value: number): Promise<void> {
  await waitUntil(
    async () => {
      const [sample] = await prometheus.query(`sum(${query})`);
      return Number(sample?.value[1]) === value;
    },
    { what: `${query} to be ${value}` },
  );
}

async function firing(): Promise<readonly string[]> {
  const rules = await prometheus.rules();
  return rules
    .filter(({ state }) => state === 'firing')
    .map(({ name }) => name);
}

beforeAll(async () => {
  etcd = await startEtcd();
  const ports = await freePorts(2);
  shops = ports.map((port) =>
    spawnWorker(new URL('shop.worker.ts', import.meta.url), {
      HOSTS: etcd.member.endpoint,
      METRICS_PORT: String(port),
    }),
  );
  for (const shop of shops) await shop.next('ready', 50_000);
  prometheus = await startPrometheus(ports.map((port) => `127.0.0.1:${port}`));
});

afterAll(async () => {
  await prometheus?.stop();
  await Promise.all((shops ?? []).map((shop) => shop.kill()));
  await etcd?.stop();
});

it('finds the counters of decorated methods at zero before anything was called', async () => {
  await seen('count(nestjs_etcd_lock_calls_total{lock_template="report"})', 14);
  await seen('nestjs_etcd_lock_calls_total', 0);
  await seen('nestjs_etcd_lock_lost_total', 0);
});

async function handOver(from: Worker, to: Worker, key: string): Promise<void> {
  expect(await tell(from, 'take', key)).toBe('acquired');
  const second = tell(to, 'take', key);
  await to.next('event waiting');
  await tell(from, 'give back', key);
  expect(await second).toBe('acquired');
}

it('sees locks handed over, busy, timed out and skipped, and alerts of nothing', async () => {
  const [one, two] = shops as [Worker, Worker];
  expect(await tell(one, 'take', 'order:1')).toBe('acquired');
  expect(await tell(two, 'take', 'order:1', 0)).toBe('LOCK_BUSY');
  const second = tell(two, 'take', 'order:1');
  await two.next('event waiting');
  await seen('nestjs_etcd_lock_held{lock_template="order:*"}', 1);
  await seen('nestjs_etcd_lock_waiting{lock_template="order:*"}', 1);
  await tell(one, 'give back', 'order:1');
  expect(await second).toBe('acquired');
  await tell(two, 'take', 'report');
  await tell(one, 'report');
  await tell(two, 'give back', 'report');
  await tell(one, 'report');

  await seen('nestjs_etcd_lock_skipped_total{lock_template="report"}', 1);
  await seen(
    'nestjs_etcd_lock_calls_total{lock_template="report", lock_outcome="acquired"}',
    2,
  );
  await seen('nestjs_etcd_lock_handover_duration_count', 1);
  await seen(
    'nestjs_etcd_lock_wait_duration_count{lock_template="order:*", lock_outcome="acquired"}',
    2,
  );
  // Two leases, each renewed.
  for (const shop of shops) await shop.next('event renewed');
  await waitUntil(
    async () => {
      const margins = await prometheus.query(
        'histogram_quantile(0.5, sum by (le) (rate(nestjs_etcd_lock_renewal_margin_bucket[1m])))',
      );
      return Number(margins[0]?.value[1]) > 0.5;
    },
    { what: 'renewals in good time' },
  );
  expect(await firing()).toEqual([]);
});

it('sees locks taken again without a message, and how many are kept', async () => {
  const [one] = shops as [Worker];
  await tell(one, 'keep', 'room:1');
  await seen('nestjs_etcd_lock_kept{lock_template="room:*"}', 1);
  await tell(one, 'keep', 'room:1');
  await seen('nestjs_etcd_lock_calls_total{lock_kept="true"}', 1);
});

it('alerts when renewals are late, before anything is lost', async () => {
  etcd.member.pause();
  await Promise.any(shops.map((shop) => shop.next('event renewal-late')));
  etcd.member.resume();
  await waitUntil(async () => {
    const alerts = await firing();
    return (
      alerts.includes('LockRenewalsLate') &&
      alerts.includes('LockLeaseEndangered')
    );
  });
  await seen('nestjs_etcd_lock_session_lost_total', 0);
  expect(await firing()).not.toContain('LocksLost');
});

it('alerts when locks are lost, when calls time out and when etcd fails', async () => {
  const [one, two] = shops as [Worker, Worker];
  expect(await tell(one, 'take', 'order:1', 100)).toBe('LOCK_TIMEOUT');
  await one.next('event waiting');
  etcd.member.pause();
  expect(await tell(one, 'take', 'order:2', 0)).toBe('LOCK_STORE');
  await two.next('event lost');
  etcd.member.resume();
  await waitUntil(async () => (await firing()).length === 5, {
    what: 'all alerts',
  });
  await seen(
    'nestjs_etcd_lock_lost_total{lock_template="order:*", lock_lost_reason="session"}',
    1,
  );
  const rules = await prometheus.rules();
  expect(rules.map(({ health }) => health)).toEqual(rules.map(() => 'ok'));
});

it('sees locks handed over again when etcd is back', async () => {
  const [one, two] = shops as [Worker, Worker];
  for (const key of ['order:1', 'report']) {
    await handOver(one, two, key);
    await tell(two, 'give back', key);
  }
  await seen(
    'nestjs_etcd_lock_calls_total{lock_template="report", lock_outcome="acquired"}',
    4,
  );
  await seen('nestjs_etcd_lock_held', 0);
});

/** As Grafana fills them in. */
function filled(query: string): string {
  return query
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h')
    .replaceAll(/\$(job|template)/g, '.*');
}

it.each(
  dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ refId, expr }) => [title, refId, expr] as const),
  ),
)('has the dashboard show something under "%s", %s', async (_, __, query) => {
  const samples = await prometheus.query(filled(query));
  expect(samples).not.toEqual([]);
  expect(samples.map(({ value }) => value[1])).not.toContain('NaN');
});

it.each(dashboard.templating.list.filter(({ type }) => type === 'query'))(
  'finds values for the choice "$name" of the dashboard',
  async ({ definition }) => {
    const [, series, label] = /^label_values\((.*), (\w+)\)$/.exec(definition)!;
    const samples = await prometheus.query(filled(series!));
    expect(samples[0]!.metric).toHaveProperty([label!]);
  },
);

it.each(
  [...read('metrics.md').matchAll(/```promql\n([^`]*)```/g)].map(
    ([, query]) => query!,
  ),
)('answers the documented query %s', async (query) => {
  expect(await prometheus.query(query)).not.toEqual([]);
});

it('has a dashboard whose panels do not overlap and whose ids are their own', () => {
  const { panels, uid, schemaVersion } = dashboard;
  expect({ uid, schemaVersion }).toEqual({
    uid: 'nestjs-etcd-lock',
    schemaVersion: 38,
  });
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from(
      { length: w * h },
      (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`,
    );
  });
  expect(new Set(cells).size).toBe(cells.length);
});

it('uses no metric in the dashboard and the alerts that is not documented', () => {
  const documented = read('metrics.md');
  const used = read('grafana-dashboard.json') + read('prometheus-alerts.yml');
  const names = new Set(used.match(/nestjs_etcd_lock_\w+/g));
  for (const name of names) {
    const base = name.replace(/_(total|bucket|count|sum)$/, '');
    expect(documented).toContain(`\`${base}`);
  }
});
