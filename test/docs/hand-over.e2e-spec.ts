import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
} from 'vitest';
import { LockLostError } from 'nestjs-etcd-lock';
import { EtcdStore } from 'nestjs-etcd-lock/etcd';
import { waitUntil } from '../support/wait-until.js';
import { aWhile, Overlap } from './support/overlap.js';
import { RecipeStage } from './support/recipe-stage.js';

let stage: RecipeStage;
beforeAll(async () => {
  stage = await RecipeStage.open();
});
afterAll(() => stage?.close());

beforeEach(async () => {
  await stage.etcd.etcdctl('del', '--prefix', 'shop/');
});

it('the worker takes the lock: a job that is delivered twice is done once', async () => {
  const the = await stage.recipe('refunds.ts');
  const done: string[] = [];
  const refunds = {
    isDone: async ({ id }: { id: string }) => done.includes(id),
    async refund({ id }: { id: string }) {
      await aWhile();
      done.push(id);
    },
  };
  interface RefundWorker {
    process(intent: { id: string; orderId: string }): Promise<void>;
  }
  const [one, two] = await stage.twoInstances<RefundWorker>(
    the('RefundWorker'),
    {
      provide: the('Refunds'),
      useValue: refunds,
    },
  );
  const intent = { id: 'refund-1', orderId: '42' };

  await Promise.all([one.process(intent), two.process(intent)]);

  expect(done).toEqual(['refund-1']);
});

describe('the request keeps the lock', () => {
  interface Job {
    readonly orderId: string;
    readonly fencingToken: string;
  }
  interface Worker {
    process(job: Job, label: () => Promise<string>): Promise<void>;
  }

  async function shipping(label: (job: Job) => Promise<string>) {
    const the = await stage.recipe('shipping.ts');
    const store = new EtcdStore({ hosts: stage.etcd.endpoints });
    onTestFinished(() => store.close());
    const worker: Worker = new (
      the('ShippingWorker') as unknown as new (store: EtcdStore) => Worker
    )(store);
    const jobs: { job: Job; outcome: Promise<string> }[] = [];
    const queue = {
      run(job: Job, signal: AbortSignal) {
        const work = worker.process(job, () => label(job));
        jobs.push({ job, outcome: work.then(() => 'done', String) });
        return Promise.race([
          work,
          new Promise<never>((_, reject) =>
            signal.addEventListener('abort', () =>
              reject(signal.reason as Error),
            ),
          ),
        ]);
      },
    };
    const [one, two, locks] = await stage.twoInstances<{
      ship(orderId: string): Promise<void>;
    }>(the('Checkout'), { provide: the('ShippingQueue'), useValue: queue });
    return { one, two, locks, jobs };
  }

  const shipment = async () =>
    (
      await stage.etcd.etcdctl('get', '--print-value-only', 'shop/shipments/42')
    ).trim();

  it('until the worker has answered', async () => {
    const overlap = new Overlap();
    const { one, two, jobs } = await shipping(() =>
      overlap.during(async () => {
        await aWhile();
        return 'label';
      }),
    );

    await Promise.all([one.ship('42'), two.ship('42')]);

    expect(overlap.most).toBe(1);
    expect(jobs).toHaveLength(2);
    expect(await shipment()).toBe('label');
  });

  it('and whoever works on without it is refused once the next one has claimed', async () => {
    let goOn!: () => void;
    const paused = new Promise<void>((resolve) => (goOn = resolve));
    const { one, two, locks, jobs } = await shipping(
      async ({ fencingToken }) => {
        if (jobs.length === 1) await paused;
        return `label of ${fencingToken}`;
      },
    );
    const first = expect(one.ship('42')).rejects.toThrow(LockLostError);
    await waitUntil(() => jobs.length === 1);

    await locks.forceRelease('order:42');
    await first;
    await two.ship('42');
    goOn();

    expect(await jobs[0]!.outcome).toContain('StaleTokenError');
    const { fencingToken } = jobs[1]!.job;
    expect(BigInt(fencingToken)).toBeGreaterThan(
      BigInt(jobs[0]!.job.fencingToken),
    );
    expect(await shipment()).toBe(`label of ${fencingToken}`);
  });
});
