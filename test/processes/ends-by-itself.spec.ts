import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  type TestContext,
} from 'vitest';
import { LockWorld } from '../support/lock-world.js';
import { waitUntil, within } from '../support/wait-until.js';

const path = fileURLToPath(
  new URL('ends-by-itself-program.ts', import.meta.url),
);
/** Less than a lease of the program, and more than its start. */
const SOON = 20_000;

class Program {
  output = '';
  private readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (bytes) => (this.output += String(bytes)));
    }
    this.ended = once(this.child, 'exit').then(([code]) => code as number);
  }

  says(word: string): Promise<unknown> {
    return waitUntil(() => this.output.includes(word), { what: word });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

// One after the other on an etcd of its own, which one of them pauses.
describe.concurrent.each(['hosts', 'client'])('a process, over %s', (road) => {
  let world: LockWorld;
  let program: Program;
  beforeAll(async () => {
    world = await LockWorld.start();
  });
  afterEach(async () => {
    program.kill();
    await world.leave();
  });
  afterAll(() => world.stop());

  function start(what: string): Program {
    return (program = new Program(what, road, world.etcd.member.endpoint));
  }

  /** Whoever holds the lock releases it when the program waits. */
  async function startBehindAnother(what: string): Promise<Program> {
    const lock = await world.locks({ ttl: 3_000 }).acquire('key');
    const waiter = start(what);
    await world.queued('key', 2);
    await lock.release();
    return waiter;
  }

  it.sequential.each(['used', 'kept', 'closed', 'scoped'])(
    'ends when its lock was %s',
    async (what) => {
      const { ended } = start(what);
      expect(await within(ended, 'the end', SOON)).toBe(0);
      expect(program.output).toBe('done\n');
    },
  );

  it.sequential(
    'ends with a worker thread that used a lock, which ends by itself',
    async () => {
      const { ended } = start('in a thread');
      expect(await within(ended, 'the end', SOON)).toBe(0);
      expect(program.output).toBe('done\ndone\n');
    },
  );

  it.sequential(
    'stays while a call is under way, for as long as that may take',
    async () => {
      const { member } = world.etcd;
      member.pause();
      try {
        const { ended } = start('asking');
        expect(await within(ended, 'the end', SOON)).toBe(0);
      } finally {
        member.resume();
      }
      expect(program.output).toBe('done\nLOCK_STORE\n');
    },
  );

  it.sequential(
    'stays while it holds a lock, long enough to hear that it is lost',
    async () => {
      const holder = start('holding');
      await holder.says('done');
      // Whoever comes now finds it alive for as long as leases are renewed.
      const other = world.locks({ ttl: 3_000 });
      const wait = other
        .acquire('key', { waitTimeout: '5s' })
        .catch(() => null);
      expect(await wait).toBeNull();
      await other.forceRelease('key');
      expect(await within(holder.ended, 'the end', SOON)).toBe(0);
      expect(holder.output).toBe('held\ndone\nlost\n');
    },
  );

  it.sequential(
    'stays while it waits, and ends when it has had its turn',
    async () => {
      const waiter = await startBehindAnother('waiting');
      expect(await within(waiter.ended, 'the end', SOON)).toBe(0);
      expect(waiter.output).toBe('done\nheld\n');
    },
  );

  it.sequential('ends when it keeps a lock for which it waited', async () => {
    const waiter = await startBehindAnother('kept after a wait');
    expect(await within(waiter.ended, 'the end', SOON)).toBe(0);
    expect(waiter.output).toBe('held\ndone\n');
  });

  it.sequential('stays while it watches', async () => {
    const watcher = start('watching');
    await watcher.says('watching');
    for (let puts = 1; puts <= 2; puts += 1) {
      await world.etcd.etcdctl('put', 'key', String(puts));
      await waitUntil(() => watcher.output.split('heard').length > puts);
    }
  });
});

describe.concurrent('a process whose etcd is away', () => {
  async function start(context: TestContext, what: string, before?: 'away') {
    const world = await LockWorld.startFor(context);
    const { member } = world.etcd;
    if (before === 'away') await member.kill();
    const program = new Program(what, 'hosts', member.endpoint);
    context.onTestFinished(() => program.kill());
    await program.says('done');
    return { member, program };
  }

  it('stays when it holds a lock, until the lock is lost', async (context) => {
    const { member, program } = await start(context, 'holding');
    await member.kill();
    expect(await within(program.ended, 'the end', SOON)).toBe(0);
    expect(program.output).toBe('held\ndone\nlost\n');
  });

  it('stays when it waits, until etcd is there', async (context) => {
    const { member, program } = await start(context, 'waiting', 'away');
    await member.restart();
    expect(await within(program.ended, 'the end', SOON)).toBe(0);
    expect(program.output).toBe('done\nheld\n');
  });
});
