import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../lib/cli/run.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

async function usage(...args: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const terminal = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    interrupted: () => new Promise<void>(() => {}),
  };
  const code = await run(args, terminal, '1.2.3');
  const said = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, stdout: said(stdout), stderr: said(stderr) };
}

describe('wrong usage', () => {
  it.each([
    ['an unknown command', ['list'], /unknown command 'list'/],
    [
      'an unknown option',
      ['ls', '--host', 'x'],
      /unknown option '--host'.*\n.*--hosts/,
    ],
    ['no key', ['show'], /missing required argument 'key'/],
    ['too much', ['ls', 'a'], /too many arguments/],
    ['an option without its value', ['ls', '--hosts'], /argument missing/],
    ['a host that is none', ['ls', '--hosts', 'a b'], /"hosts"/],
    [
      'a password in a URL',
      ['ls', '--hosts', 'http://app:secret1@etcd-1:2379'],
      /^(?!.*secret1).*ETCDCTL_PASSWORD/s,
    ],
    ['no host', ['ls', '--hosts', ','], /no host/],
    ['an empty key', ['show', ''], /key must not be empty/],
    ['a bad namespace', ['ls', '--namespace', 'a b'], /namespace/],
    ['a bad duration', ['ls', '--timeout', 'soon'], /such as 500ms/],
    ['no time at all', ['ls', '--timeout', '0'], /such as 500ms/],
    ['a user without a password', ['ls', '--user', 'a'], /--password/],
    [
      'a certificate alone',
      ['ls', '--cacert', import.meta.filename, '--cert', import.meta.filename],
      /go together/,
    ],
    [
      'own certificates only',
      ['ls', '--cert', 'a', '--key', 'b'],
      /need --cacert/,
    ],
    [
      'certificates for http',
      ['ls', '--hosts', 'http://a:1', '--cacert', import.meta.filename],
      /https/,
    ],
    [
      'a file that is not there',
      ['ls', '--cacert', '/none'],
      /--cacert: ENOENT/,
    ],
    ['release without a terminal', ['release', 'k'], /--yes/],
  ])('%s ends with 2 and says why', async (_, args, says) => {
    const { code, stdout, stderr } = await usage(...args);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^error: /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('shows the help when there is no command', async () => {
    const { code, stderr } = await usage();
    expect(stderr).toContain('Usage:');
    expect(code).toBe(2);
  });

  it('never repeats a password', async () => {
    vi.stubEnv('ETCDCTL_USER', 'app');
    vi.stubEnv('ETCDCTL_PASSWORD', 'secret1');
    for (const args of [
      ['--help'],
      ['ls', '--hosts', ''],
      ['ls', '-x'],
      ['ls', '--hosts', 'app:secret1@etcd-1:2379'],
      ['ls', '--pasword=secret1'],
      ['ls', '--hosts', 'https://a:1,https://app:secret1@b:1'],
    ]) {
      const { stdout, stderr } = await usage(...args);
      expect(stdout + stderr).not.toContain('secret1');
    }
  });
});

it.each([['--help'], ['ls', '--help'], ['help', 'release']])(
  '%s %s is no mistake',
  async (...args) => {
    const { code, stdout, stderr } = await usage(...args);
    expect(stdout).toContain('--hosts');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  },
);
