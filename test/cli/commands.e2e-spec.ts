import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Lock, LockClient } from '../../lib/core/index.js';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { killAndWait } from '../support/owned-process.js';
import { waitUntil } from '../support/wait-until.js';
import { MAIN, run, type RunningCommand, start } from './command.js';
import { startInTerminal } from './command.js';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

const terminals = (() => {
  try {
    return /util-linux/.test(
      execFileSync('script', ['--version'], { encoding: 'utf8' }),
    );
  } catch {
    return false;
  }
})();

let etcd: Etcd;
let store: EtcdStore;
let locks: LockClient;
let others: LockClient;
const running: RunningCommand[] = [];
let hosts: string[];

beforeAll(async () => {
  etcd = await startEtcd();
  hosts = ['--hosts', etcd.endpoints.join(',')];
  store = new EtcdStore({ hosts: etcd.endpoints });
  locks = new LockClient({ store, label: 'api-1' });
  others = new LockClient({ store, label: 'api-2' });
});
afterEach(async () => {
  for (const command of running.splice(0)) await killAndWait(command.process);
  await etcd.etcdctl('del', '--prefix', '');
});
afterAll(async () => {
  await locks.close();
  await others.close();
  await store.close();
  await etcd.stop();
});

function keep(command: RunningCommand): RunningCommand {
  running.push(command);
  return command;
}

async function queueUp(key: string): Promise<{
  holder: Lock;
  next: Promise<Lock>;
}> {
  const holder = await locks.acquire(key, { metadata: { order: 42 } });
  const next = others.acquire(key);
  await waitUntil(async () => (await locks.inspect(key)).waiters.length === 1);
  return { holder, next };
}

it('tells its version', async () => {
  const { code, stdout } = await run(['--version']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${version}\n` });
});

describe('ls', () => {
  it('lists every lock with its holder and the length of its queue', async () => {
    await locks.acquire('b');
    const { holder, next } = await queueUp('a');
    const { code, stdout } = await run(['ls', ...hosts]);
    const [head, a, b, ...rest] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^KEY +HELD BY +MODE +SINCE +WAITING$/);
    expect(a).toMatch(/^a +\S+ pid \d+ \(api-1\) +exclusive +\S+ +1$/);
    expect(b).toMatch(/^b .* 0$/);
    expect(rest).toEqual([]);
    expect(code).toBe(0);
    await holder.release();
    await (await next).release();
  });

  it('writes JSON that says the same as the library', async () => {
    const lock = await locks.acquire('order/42', { metadata: { a: [1] } });
    const { stdout } = await run(['ls', '--json', ...hosts]);
    const state = await locks.inspect('order/42');
    expect(JSON.parse(stdout)).toEqual({
      locks: [
        {
          ...state,
          holders: [
            {
              ...state.holders[0],
              createRevision: lock.fencingToken.toString(),
            },
          ],
        },
      ],
    });
  });

  it('lists ten thousand locks', async () => {
    const puts = Array.from({ length: 100 }, (_, page) =>
      store.transact(
        {
          compare: [],
          success: Array.from({ length: 100 }, (_, index) => ({
            kind: 'put',
            key: `locks/k${page * 100 + index}/1`,
            value: '',
          })),
          failure: [],
        },
        { timeoutMs: 5000 },
      ),
    );
    await Promise.all(puts);
    const { code, stdout } = await run(['ls', ...hosts]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(10_001);
    expect(code).toBe(0);
    const head = execFileSync(
      'sh',
      [
        '-c',
        `"$0" "$1" ls --hosts "$2" | { read -r line; echo "$line"; }`,
        process.execPath,
        MAIN,
        hosts[1]!,
      ],
      { encoding: 'utf8' },
    );
    expect(head).toMatch(/^KEY/);
  });

  it('ends quietly when nobody reads what it writes', async () => {
    await locks.acquire('k');
    const command = keep(start(['watch', '--json', ...hosts]));
    await command.shows('snapshot');
    command.process.stdout!.destroy();
    await locks.acquire('further');
    expect(await command.end()).toMatchObject({ code: 0, stderr: '' });
  });

  it.runIf(existsSync('/dev/full'))(
    'fails with one line when what it writes does not fit',
    () => {
      const { status, stderr } = spawnSync(
        'sh',
        ['-c', 'exec "$0" "$@" > /dev/full', process.execPath, MAIN, '--help'],
        { encoding: 'utf8' },
      );
      expect(stderr).toMatch(/^error: ENOSPC.*\n$/);
      expect(status).toBe(1);
    },
  );

  it('sees another namespace only when told so', async () => {
    const elsewhere = new LockClient({ store, namespace: 'jobs/' });
    await elsewhere.acquire('nightly');
    const shown = await run(['ls', '--namespace', 'jobs', ...hosts]);
    expect(shown.stdout).toContain('nightly');
    expect((await run(['ls', ...hosts])).stdout).not.toContain('nightly');
    await elsewhere.close();
  });
});

describe('show', () => {
  it('shows the holder, the waiters in their order, and what they say of themselves', async () => {
    const { holder, next } = await queueUp('order/42');
    const { code, stdout } = await run(['show', 'order/42', ...hosts]);
    expect(stdout).toContain('in etcd: locks/order%2F42/');
    expect(stdout).toMatch(
      new RegExp(`pid ${process.pid} \\(api-1\\) +holds .* s left`),
    );
    expect(stdout).toMatch(/\(api-2\) +waits, 1\./);
    expect(stdout).toMatch(/metadata of .*: \{"order":42\}/);
    expect(code).toBe(0);
    await holder.release();
    await (await next).release();
  });

  it('says of a lock that nobody uses that it is free', async () => {
    const { code, stdout } = await run(['show', 'unused', ...hosts]);
    expect(stdout).toContain('Nobody holds it');
    expect(code).toBe(0);
  });

  it('lets nothing that stands in etcd act on the terminal', async () => {
    const evil = '\u001b]0;owned\u0007\u009b31m\u202e';
    await locks.acquire(`k${evil}`, { metadata: { evil } });
    for (const args of [['ls'], ['show', `k${evil}`], ['ls', '--json']]) {
      const { stdout } = await run([...args, ...hosts]);
      expect(stdout).toContain('\\u001b]0;owned\\u0007\\u009b31m\\u202e');
      expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    }
  });
});

describe('release', () => {
  it('takes the lock away from its holder, who is told, and the next one has it', async () => {
    const { holder, next } = await queueUp('k');
    const { code, stdout } = await run(['release', 'k', '--yes', ...hosts]);
    expect(stdout).toMatch(
      /Released "k": deleted 1 ticket of \S+ pid \d+ \(api-1\)\./,
    );
    expect(code).toBe(0);
    const second = await next;
    await waitUntil(() => !holder.held);
    expect(second.held).toBe(true);
    await second.release();
  });

  it('says so when there is nothing to release', async () => {
    const { code, stdout } = await run(['release', 'k', '--yes', ...hosts]);
    expect(stdout).toContain('nothing to release');
    expect(code).toBe(3);
  });

  it('does nothing without --yes where it cannot ask', async () => {
    const lock = await locks.acquire('k');
    const { code, stderr } = await run(['release', 'k', ...hosts]);
    expect(stderr).toContain('--yes');
    expect(code).toBe(2);
    lock.assertHeld();
    expect((await locks.inspect('k')).holders).toHaveLength(1);
  });

  describe.runIf(terminals)('in a terminal', () => {
    it('asks, and takes no for an answer', async () => {
      await locks.acquire('k');
      const command = keep(startInTerminal(['release', 'k', ...hosts]));
      await command.shows('Take the lock away?');
      command.process.stdin!.write('n\n');
      const { code, stdout } = await command.end();
      expect(stdout).toContain('Nothing was released.');
      expect(code).toBe(1);
      expect((await locks.inspect('k')).holders).toHaveLength(1);
    });

    it('takes Ctrl-C for a no', async () => {
      await locks.acquire('k');
      const command = keep(startInTerminal(['release', 'k', ...hosts]));
      await command.shows('Take the lock away?');
      command.process.stdin!.write('\u0003');
      expect((await command.end()).code).toBe(1);
      expect((await locks.inspect('k')).holders).toHaveLength(1);
    });

    it('takes the lock from whom it named, not from who came after', async () => {
      const { holder, next } = await queueUp('k');
      const command = keep(startInTerminal(['release', 'k', ...hosts]));
      await command.shows('Take the lock away?');
      await holder.release();
      const second = await next;
      command.process.stdin!.write('y\n');
      const { code, stdout } = await command.end();
      expect(stdout).toContain('had let go of it meanwhile');
      expect(code).toBe(3);
      expect((await locks.inspect('k')).holders).toHaveLength(1);
      await second.release();
    });
  });
});

describe('watch', () => {
  it('writes a line for each change, from one holder to the next', async () => {
    const { holder, next } = await queueUp('k');
    const command = keep(start(['watch', ...hosts]));
    await command.shows(/k is held by .*api-1\), 1 waiting\n/);
    await holder.release();
    await command.shows(/k is held by .*api-2\), 0 waiting\n/);
    await (await next).release();
    await command.shows(/k is free\n/);
    command.process.kill('SIGINT');
    expect(await command.end()).toMatchObject({ code: 0, stderr: '' });
  });

  it('writes JSON, with revisions as strings, for one key only', async () => {
    const command = keep(start(['watch', 'k', '--json', ...hosts]));
    await command.shows('snapshot');
    await locks.acquire('other');
    const lock = await locks.acquire('k');
    await command.shows('changed');
    const [snapshot, changed] = command.lines.map((line) => JSON.parse(line));
    expect(snapshot).toMatchObject({ event: 'snapshot', locks: [] });
    expect(changed).toMatchObject({
      event: 'changed',
      revision: lock.fencingToken.toString(),
      locks: [{ key: 'k', holders: [{ label: 'api-1' }] }],
    });
    command.process.kill('SIGTERM');
    expect((await command.end()).code).toBe(0);
  });

  it.runIf(terminals)(
    'draws a table in a terminal, again and again',
    async () => {
      const { holder, next } = await queueUp('k');
      const command = keep(startInTerminal(['watch', ...hosts]));
      await command.shows(/1 lock · revision \d+/);
      await command.shows(/k +\S+ pid \d+ \(api-1\)/);
      await holder.release();
      await command.shows(/k +\S+ pid \d+ \(api-2\)/);
      await (await next).release();
      await command.shows('0 locks');
      command.process.stdin!.write('\u0003');
      const { code, stdout } = await command.end();
      expect(code).toBe(0);
      // The cursor is back.
      expect(stdout).toContain('\u001b[?25h');
    },
  );
});
