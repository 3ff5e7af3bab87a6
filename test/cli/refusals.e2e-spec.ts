import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LockClient } from '../../lib/core/index.js';
import { EtcdStore } from '../../lib/etcd/index.js';
import { listening } from '../etcd/listening.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { freePorts } from '../support/free-port.js';
import { killAndWait } from '../support/owned-process.js';
import { openssl, startTlsFront } from '../support/tls-front.js';
import { type Ended, run, type RunningCommand, start } from './command.js';

const running: RunningCommand[] = [];
afterEach(async () => {
  for (const command of running.splice(0)) await killAndWait(command.process);
});

/** One line that says what went wrong, and nothing of how the program is made. */
function expectFailure(ended: Ended, says: RegExp, code = 1): void {
  expect(ended.stderr).toMatch(says);
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(ended.stderr).not.toMatch(/^ +at |\.js/m);
  expect(ended.stdout).toBe('');
  expect(ended.code).toBe(code);
}

describe('without etcd', () => {
  it.each(['ls', 'show k', 'watch', 'watch --json', 'release k --yes'])(
    '%s fails with one line',
    async (command) => {
      const [port] = await freePorts(1);
      const ended = await run(command.split(' '), {
        ETCDCTL_ENDPOINTS: `http://127.0.0.1:${port}`,
      });
      expectFailure(ended, /^error: .*nothing listens at 127\.0\.0\.1:/);
    },
  );

  it('fails when --timeout is over and nothing has answered', async () => {
    const deaf = createServer((socket) => socket.on('error', () => {}));
    const host = await listening(deaf);
    const ended = await run(['ls', '--hosts', host, '--timeout', '300ms']);
    expectFailure(ended, /^error: /);
    deaf.close();
  });

  it('watch outlasts an etcd that goes away and returns', async () => {
    const etcd = await startEtcd();
    const command = start(['watch', '--hosts', etcd.endpoints.join(',')]);
    running.push(command);
    await etcd.etcdctl('put', 'locks/k/1', '');
    await command.shows('k is held by another client, 0 waiting');
    await etcd.member.kill();
    await command.shows('interrupted: ');
    const before = command.lines.length;
    await etcd.member.restart();
    await command.shows(/interrupted[^]*k is held by another client/);
    expect(command.lines.length).toBeGreaterThan(before);
    command.process.kill('SIGINT');
    expect((await command.end()).code).toBe(0);
    await etcd.stop();
  });
});

describe('with authentication switched on', () => {
  let etcd: Etcd;
  let hosts: string[];
  beforeAll(async () => {
    etcd = await startEtcd();
    hosts = ['--hosts', etcd.endpoints.join(',')];
    const steps = [
      'user add root:root',
      'user grant-role root root',
      'role add locks',
      'role grant-permission locks readwrite locks/ locks0',
      'user add app:se:cret',
      'user grant-role app locks',
      'auth enable',
    ];
    for (const step of steps) await etcd.etcdctl(...step.split(' '));
  });
  afterAll(() => etcd.stop());

  it.each([
    [['--user', 'app', '--password', 'se:cret'], {}],
    [['--user', 'app:se:cret'], {}],
    [[], { ETCDCTL_USER: 'app', ETCDCTL_PASSWORD: 'se:cret' }],
  ])('lists with %j and %j', async (options, env) => {
    expect(await run(['ls', ...hosts, ...options], env)).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it('needs no more than the permission for the namespace', async () => {
    const store = new EtcdStore({
      hosts: etcd.endpoints,
      auth: { username: 'app', password: 'se:cret' },
    });
    const locks = new LockClient({ store });
    await locks.acquire('k');
    const login = [...hosts, '--user', 'app', '--password', 'se:cret'];
    const shown = await run(['show', 'k', ...login]);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    const released = await run(['release', 'k', '--yes', ...login]);
    expect(released.stdout).toContain('deleted 1 ticket');
    await locks.close();
    await store.close();
  });

  it.each(['ls', 'watch'])(
    '%s fails with a wrong password, without showing it',
    async (name) => {
      const ended = await run([name, ...hosts, '--user', 'app:wrong1']);
      expectFailure(ended, /^error: .*authentication failed/);
      expect(ended.stderr).not.toContain('wrong1');
    },
  );

  it('fails without a user', async () => {
    expectFailure(await run(['ls', ...hosts]), /^error: .*user name is empty/);
  });

  it('never prints the password, not even in the help', async () => {
    const help = await run(['ls', '--help'], { ETCDCTL_PASSWORD: 'secret1' });
    expect(help.stdout).toContain('ETCDCTL_PASSWORD');
    expect(help.stdout + help.stderr).not.toContain('secret1');
  });
});

describe.runIf(openssl)('over TLS', () => {
  it('connects with certificates, and says so when they are wrong', async () => {
    const etcd = await startEtcd();
    const front = await startTlsFront(etcd);
    const own = [
      '--cert',
      front.path('client.crt'),
      '--key',
      front.path('client.key'),
    ];
    const ls = ['ls', '--hosts', `localhost:${front.port}`];

    const right = await run([
      ...ls,
      '--cacert',
      front.path('server.crt'),
      ...own,
    ]);
    expect(right).toMatchObject({ code: 0, stderr: '' });
    const wrong = await run([
      ...ls,
      '--cacert',
      front.path('client.crt'),
      ...own,
    ]);
    expectFailure(wrong, /^error: .*certificate/);
    const missing = await run([...ls, '--cacert', front.path('none.crt')]);
    expectFailure(missing, /^error: --cacert: ENOENT.*none\.crt/, 2);

    front.stop();
    await etcd.stop();
  });
});
