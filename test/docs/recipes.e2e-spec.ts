import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { aWhile, Overlap } from './support/overlap.js';
import { RecipeStage } from './support/recipe-stage.js';

let stage: RecipeStage;
beforeAll(async () => {
  stage = await RecipeStage.open();
});
afterAll(() => stage?.close());

describe('payments', () => {
  interface Payments {
    pay(orderId: string): Promise<string>;
  }

  async function shop() {
    const the = await stage.recipe('payments.ts');
    const charges = new Map<string, string>();
    const requests: string[] = [];
    let failures = 0;
    const orders = {
      chargeOf: async (id: string) => charges.get(id) ?? null,
      async record(id: string, charge: string) {
        if (failures-- > 0) throw new Error('the process died');
        charges.set(id, charge);
      },
    };
    const provider = {
      async charge(_: string, idempotencyKey: string) {
        requests.push(idempotencyKey);
        await aWhile();
        return `charge-${requests.indexOf(idempotencyKey)}`;
      },
    };
    const [one, two] = await stage.twoInstances<Payments>(
      the('Payments'),
      { provide: the('Orders'), useValue: orders },
      { provide: the('PaymentProvider'), useValue: provider },
    );
    return { one, two, requests, failOnce: () => (failures = 1) };
  }

  it('charges once, and tells everybody of that charge', async () => {
    const { one, two, requests } = await shop();
    const clicks = [one, two, one, two, one, two];

    const charges = await Promise.all(clicks.map((shop) => shop.pay('42')));

    expect(requests).toEqual(['order-42']);
    expect(new Set(charges)).toEqual(new Set(['charge-0']));
  });

  it('charges under the same idempotency key after a charge that nobody recorded', async () => {
    const { one, two, requests, failOnce } = await shop();
    failOnce();

    await expect(one.pay('42')).rejects.toThrow('the process died');

    expect(await two.pay('42')).toBe('charge-0');
    expect(requests).toEqual(['order-42', 'order-42']);
  });
});

it('one cron run per tick: runs in one instance, also if the other comes when it is over', async () => {
  const the = await stage.recipe('nightly-report.ts');
  const sent: string[] = [];
  const mailer = { send: async (report: string) => void sent.push(report) };
  const [one, two] = await stage.twoInstances<{ run(): Promise<void> }>(
    the('NightlyReport'),
    { provide: the('Mailer'), useValue: mailer },
  );

  await Promise.all([one.run(), two.run()]);
  await two.run();

  expect(sent).toHaveLength(1);
});

it('blocks of ids: gives out no number twice', async () => {
  const the = await stage.recipe('invoice-numbers.ts');
  const [one, two] = await stage.twoInstances<{ take(): Promise<number> }>(
    the('InvoiceNumbers'),
  );

  const takers = Array.from({ length: 500 }, (_, n) => (n % 2 ? one : two));
  const taken = await Promise.all(takers.map((numbers) => numbers.take()));

  expect(new Set(taken).size).toBe(500);
  expect(Math.min(...taken)).toBe(1);
  expect(Math.max(...taken)).toBeLessThanOrEqual(600);
});

it('migrations at start-up: each is made once, by one instance at a time, before both have started', async () => {
  const the = await stage.recipe('migrations.ts');
  const pending = ['001', '002', '003'];
  const made: string[] = [];
  const overlap = new Overlap();
  const database = {
    pending: async () => pending.filter((name) => !made.includes(name)),
    migrate: (name: string) =>
      overlap.during(async () => {
        await aWhile();
        made.push(name);
      }),
  };

  await stage.twoInstances(the('Migrations'), {
    provide: the('Database'),
    useValue: database,
  });

  expect(made).toEqual(pending);
  expect(overlap.most).toBe(1);
});

it('one job per tenant: imports each once, and several tenants at a time', async () => {
  const the = await stage.recipe('tenant-imports.ts');
  const all = ['a', 'b', 'c', 'd', 'e', 'f'];
  const imported: string[] = [];
  const overlap = new Overlap();
  const tenants = {
    due: async () => all,
    isDue: async (tenant: string) => !imported.includes(tenant),
    import: (tenant: string) =>
      overlap.during(async () => {
        if (imported.length === 0) await waitUntil(() => overlap.most === 2);
        imported.push(tenant);
      }),
  };
  const [one, two] = await stage.twoInstances<{ tick(): Promise<void> }>(
    the('TenantImports'),
    { provide: the('Tenants'), useValue: tenants },
  );

  await Promise.all([one.tick(), two.tick()]);

  expect([...imported].sort()).toEqual(all);
  expect(overlap.most).toBe(2);
});
