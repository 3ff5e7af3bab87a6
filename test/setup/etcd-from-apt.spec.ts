import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { versionOf } from '../../scripts/setup/etcd-programs.mjs';
import { fetchWithApt } from '../../scripts/setup/etcd-from-apt.mjs';

/**
 * An apt-get whose suites are folders of `$ARCHIVE`, with packages in them that are files:
 * `etcd-server_3.4.1_amd64.deb`. The one without a list of its own is the system's.
 */
const APT = `#!${process.execPath}
const fs = require('node:fs');
const { ARCHIVE } = process.env;
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const list = process.argv.find((word) => word.includes('Etc::SourceList='));
const suite = list
  ? fs.readFileSync(list.split('=')[1], 'utf8').split(' ').at(-2)
  : 'system';
const [command, ...names] = words;
fs.appendFileSync(ARCHIVE + '/log', command + ' ' + suite + '\\n');
const known = fs.existsSync(ARCHIVE + '/' + suite);
if (command === 'indextargets') {
  const release = fs.existsSync('/etc/os-release')
    ? fs.readFileSync('/etc/os-release', 'utf8')
    : '';
  const codename = /^VERSION_CODENAME="?([\\w-]+)/m.exec(release)?.[1] ?? 'any';
  console.log('Packages ' + codename + ' main file:/mirror/');
}
if (command === 'update' && !known) process.exit(100);
for (const name of command === 'download' ? names : []) {
  const file = fs
    .readdirSync(ARCHIVE + '/' + suite)
    .find((one) => one.startsWith(name + '_'));
  if (!file) process.exit(100);
  if (process.argv.includes('--print-uris')) {
    console.log("'file:/mirror/" + file + "' " + file + ' 5000000 SHA256:0');
  } else fs.copyFileSync(ARCHIVE + '/' + suite + '/' + file, file);
}
`;

/** Unpacks the program that a package holds: the package itself. */
const DPKG = `#!${process.execPath}
const fs = require('node:fs');
const { basename } = require('node:path');
const [, from, to] = process.argv.slice(2);
const name = { 'etcd-server': 'etcd', 'etcd-client': 'etcdctl' }[
  basename(from).split('_')[0]
];
fs.mkdirSync(to + '/usr/bin', { recursive: true });
fs.copyFileSync(from, to + '/usr/bin/' + name);
fs.chmodSync(to + '/usr/bin/' + name, 0o755);
`;

const newer = (version: string) => !version.startsWith('3.4');

describe('fetchWithApt', { timeout: 30_000 }, () => {
  let directory: string;
  let said: string[];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'fetch-with-apt-'));
    for (const folder of ['bin', 'archive', 'work']) {
      mkdirSync(join(directory, folder));
    }
    const bin = join(directory, 'bin');
    writeFileSync(join(bin, 'apt-get'), APT, { mode: 0o755 });
    writeFileSync(join(bin, 'dpkg-deb'), DPKG, { mode: 0o755 });
    vi.stubEnv('PATH', `${bin}${delimiter}${process.env['PATH']}`);
    vi.stubEnv('ARCHIVE', join(directory, 'archive'));
    said = [];
    vi.spyOn(console, 'log').mockImplementation((text) => void said.push(text));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });

  function suite(name: string, version: string, runs = true) {
    const folder = join(directory, 'archive', name);
    mkdirSync(folder);
    for (const [name, says] of [
      ['etcd-server', 'etcd Version'],
      ['etcd-client', 'etcdctl version'],
    ]) {
      const body = runs ? `echo "${says}: ${version}"` : 'exit 1';
      const file = join(folder, `${name}_${version}-2_amd64.deb`);
      writeFileSync(file, `#!/bin/sh\n${body}\n`);
    }
  }
  const fetched = async (...how: Parameters<typeof fetchWithApt>) => {
    const { etcd } = await fetchWithApt(...how)(join(directory, 'work'));
    return (await versionOf(etcd)).version;
  };
  const asked = () =>
    readFileSync(join(directory, 'archive', 'log'), 'utf8')
      .trim()
      .split('\n');

  it("takes the system's own, and asks nobody else, if that will do", async () => {
    suite('system', '3.5.16');
    suite('testing', '3.5.30');
    expect(await fetched(newer, 'newer')).toBe('3.5.16');
    expect(new Set(asked())).toEqual(new Set(['download system']));
  });

  it('takes that of a newer suite if its own is too old, without downloading its own', async () => {
    suite('system', '3.4.23');
    suite('testing', '3.5.30');
    expect(await fetched(newer, 'newer')).toBe('3.5.30');
    expect(said.at(-1)).toMatch(/^etcd 3\.5\.30-2 of testing: 10 MB/);
  });

  it('passes over a suite whose programs do not run here', async () => {
    suite('system', '3.4.23');
    suite('testing', '3.5.30', false);
    suite('trixie', '3.5.16');
    expect(await fetched(newer, 'newer')).toBe('3.5.16');
  });

  it('says what it has seen when nothing will do, and fetches nothing', async () => {
    suite('system', '3.4.23');
    await expect(fetched(newer, 'newer')).rejects.toThrow(
      'this system has 3.4.23-2',
    );
    expect(asked()).not.toContain('download testing');
  });

  it('asks no other suite unless it is told to', async () => {
    suite('system', '3.4.23');
    suite('testing', '3.5.30');
    await expect(fetched(newer)).rejects.toThrow('this system has 3.4.23-2');
  });
});
