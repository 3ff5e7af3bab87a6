import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Etcd, startEtcd, type StartEtcdOptions } from './etcd.js';
import { waitUntil } from './wait-until.js';

const started: Etcd[] = [];

async function etcdFor(options?: StartEtcdOptions): Promise<Etcd> {
  const etcd = await startEtcd(options);
  started.push(etcd);
  return etcd;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((etcd) => etcd.stop()));
});

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('startEtcd', () => {
  it('starts one member that etcdctl can write to and read from', async () => {
    const etcd = await etcdFor();
    expect(etcd.endpoints).toHaveLength(1);
    await etcd.etcdctl('put', 'colour', 'blue');
    expect(await etcd.etcdctl('get', 'colour')).toBe('colour\nblue\n');
  });

  it('starts clusters side by side that do not know each other', async () => {
    const [one, two] = await Promise.all([etcdFor(), etcdFor()]);
    await one.etcdctl('put', 'colour', 'blue');
    expect(await two.etcdctl('get', 'colour')).toBe('');
  });

  it('hands arguments and environment to etcd', async () => {
    const etcd = await etcdFor({
      args: ['--snapshot-count=777'],
      env: { ETCD_MAX_REQUEST_BYTES: '2000' },
      fsync: true,
    });
    expect(etcd.member.log).toContain('"snapshot-count":777');
    await expect(
      etcd.etcdctl('put', 'long', 'x'.repeat(4_000)),
    ).rejects.toThrow(/request is too large/);
  });

  it('reports what etcd said when it cannot start', async () => {
    await expect(startEtcd({ args: ['--no-such-flag'] })).rejects.toThrow(
      /no-such-flag/,
    );
  });

  it('pauses a member so that it neither answers nor ends, and resumes it', async () => {
    const etcd = await etcdFor();
    const pid = etcd.member.pid;
    etcd.member.pause();
    await expect(
      etcd.etcdctl('--command-timeout=300ms', 'get', 'colour'),
    ).rejects.toThrow(/deadline exceeded/);
    expect(runs(pid)).toBe(true);
    etcd.member.resume();
    expect(await etcd.etcdctl('get', 'colour')).toBe('');
    expect(etcd.member.pid).toBe(pid);
  });

  it('keeps data and endpoint over a kill and a restart', async () => {
    const etcd = await etcdFor();
    await etcd.etcdctl('put', 'colour', 'blue');
    const pid = etcd.member.pid;
    await etcd.member.kill();
    expect(runs(pid)).toBe(false);
    expect(() => etcd.member.pid).toThrow(/not running/);
    await etcd.member.restart();
    expect(etcd.member.pid).not.toBe(pid);
    expect(await etcd.etcdctl('get', 'colour')).toBe('colour\nblue\n');
  });

  it('runs three members that outlive the loss of one and take it back', async () => {
    const etcd = await etcdFor({ members: 3 });
    const [first, second, third] = etcd.members;
    expect(new Set(etcd.endpoints).size).toBe(3);
    await third!.kill();
    const majority = `--endpoints=${first!.endpoint},${second!.endpoint}`;
    await waitUntil(() => etcd.etcdctl(majority, 'put', 'colour', 'blue'));
    await third!.restart();
    expect(
      await etcd.etcdctl(`--endpoints=${third!.endpoint}`, 'get', 'colour'),
    ).toBe('colour\nblue\n');
  });

  it('stops paused members too, removes their data, and stops twice', async () => {
    const etcd = await etcdFor();
    const pid = etcd.member.pid;
    expect(existsSync(etcd.member.dataDirectory)).toBe(true);
    etcd.member.pause();
    await etcd.stop();
    expect(runs(pid)).toBe(false);
    expect(existsSync(etcd.member.dataDirectory)).toBe(false);
    await etcd.stop();
  });
});
