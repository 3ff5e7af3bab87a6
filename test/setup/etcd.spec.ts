import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cachedPrograms, fillCache } from '../../scripts/setup/etcd-cache.mjs';
import { ensureEtcd } from '../../scripts/setup/etcd.mjs';

describe('ensureEtcd', () => {
  let directory: string;
  let cache: string;
  let place: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ensure-etcd-'));
    cache = join(directory, 'cache');
    place = join(cache, 'default');
    vi.spyOn(console, 'log').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });

  /** A folder with programs that answer as etcd and etcdctl of this version do. */
  function programs(name: string, version = '3.5.9', ctl = true) {
    const folder = join(directory, name);
    mkdirSync(folder, { recursive: true });
    const etcd = join(folder, 'etcd');
    const etcdctl = join(folder, 'etcdctl');
    script(etcd, `echo "etcd Version: ${version}"`);
    if (ctl) script(etcdctl, `echo "etcdctl version: ${version}"`);
    return { folder, etcd, etcdctl };
  }
  const script = (path: string, body: string) =>
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });

  /** A source that must not be asked, unless it is given what to bring. */
  const source = (bring?: () => ReturnType<typeof fillCache>) => ({
    name: 'a test',
    needs: 'nothing',
    usable: () => Promise.resolve(true),
    bring: vi.fn(bring ?? (() => Promise.reject(new Error('was asked')))),
  });
  const find = (env: NodeJS.ProcessEnv, from = source()) =>
    ensureEtcd({ env, cache, sources: [from] });

  it('prefers ETCD_BIN to the PATH, with the etcdctl beside it', async () => {
    const named = programs('named');
    const { folder } = programs('path');
    expect(await find({ ETCD_BIN: named.etcd, PATH: folder })).toEqual({
      etcd: named.etcd,
      etcdctl: named.etcdctl,
    });
  });

  it('prefers the PATH to the cache', async () => {
    const { folder, etcd, etcdctl } = programs('path');
    await fillCache(place, () => Promise.resolve(programs('fetched')));
    expect(await find({ PATH: folder })).toEqual({ etcd, etcdctl });
  });

  it('prefers the cache to every source', async () => {
    await fillCache(place, () => Promise.resolve(programs('fetched')));
    expect(await find({})).toEqual(cachedPrograms(place));
  });

  it('takes etcdctl from ETCDCTL_BIN wherever etcd comes from', async () => {
    const other = programs('other');
    const { folder, etcd } = programs('path');
    expect(await find({ PATH: folder, ETCDCTL_BIN: other.etcdctl })).toEqual({
      etcd,
      etcdctl: other.etcdctl,
    });
  });

  it('fails when ETCD_BIN does not run, instead of taking another', async () => {
    const { folder } = programs('path');
    const ETCD_BIN = join(directory, 'nothing');
    await expect(find({ ETCD_BIN, PATH: folder })).rejects.toThrow(
      /ETCD_BIN is set, but .*nothing/,
    );
  });

  it.each([
    ['too old', '3.3.25', true],
    ['without etcdctl', '3.5.9', false],
  ])('passes over an etcd on the PATH that is %s', async (_, version, ctl) => {
    const { folder } = programs('path', version, ctl);
    const from = source(() =>
      fillCache(place, () => Promise.resolve(programs('fetched'))),
    );
    expect(await find({ PATH: folder }, from)).toEqual(cachedPrograms(place));
  });

  it('passes over a cache that is broken, and mends it', async () => {
    await fillCache(place, () => Promise.resolve(programs('fetched')));
    script(cachedPrograms(place).etcd, 'exit 3');
    const from = source(() =>
      fillCache(place, () => Promise.resolve(programs('again'))),
    );
    expect(await find({}, from)).toEqual(cachedPrograms(place));
    expect(from.bring).toHaveBeenCalledOnce();
    expect(await find({})).toEqual(cachedPrograms(place));
  });

  describe('when USE_ETCD wishes for a series', () => {
    it('passes over a PATH that has another', async () => {
      const { folder } = programs('path', '3.4.23');
      const from = source(() =>
        fillCache(join(cache, '3.6'), () =>
          Promise.resolve(programs('fetched', '3.6.16')),
        ),
      );
      const found = await find({ PATH: folder, USE_ETCD: '3.6' }, from);
      expect(found).toEqual(cachedPrograms(join(cache, '3.6')));
    });

    it('takes it from the PATH', async () => {
      const { folder, etcd, etcdctl } = programs('path', '3.6.1');
      expect(await find({ PATH: folder, USE_ETCD: '3.6' })).toEqual({
        etcd,
        etcdctl,
      });
    });

    it('keeps each series in a place of its own', async () => {
      for (const series of ['3.4', '3.7']) {
        await fillCache(join(cache, series), () =>
          Promise.resolve(programs(`fetched-${series}`, `${series}.9`)),
        );
      }
      for (const series of ['3.4', '3.7']) {
        expect(await find({ USE_ETCD: series })).toEqual(
          cachedPrograms(join(cache, series)),
        );
      }
    });

    it('takes none of another series from a source', async () => {
      const from = source(() =>
        fillCache(join(cache, '3.6'), () =>
          Promise.resolve(programs('fetched', '3.5.9')),
        ),
      );
      await expect(find({ USE_ETCD: '3.6' }, from)).rejects.toThrow(
        /No etcd 3\.6 was found[^]*is 3\.5\.9, not 3\.6/,
      );
    });

    it('refuses what names no series', async () => {
      await expect(find({ USE_ETCD: '3.5.30' })).rejects.toThrow(/series/);
    });
  });

  it('names what a source needs that is not usable here', async () => {
    const from = { ...source(), usable: () => Promise.resolve(false) };
    await expect(find({}, from)).rejects.toThrow(/a test: this needs nothing/);
  });

  it('says what was tried and what to do when nothing works', async () => {
    const { folder } = programs('path', '3.3.25');
    await expect(find({ PATH: folder })).rejects.toThrow(
      /3\.3\.25, older than 3\.4[^]*a test: was asked[^]*ETCD_BIN/,
    );
  });
});

describe('fillCache', () => {
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'fill-cache-'));
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  const fetchAs = (version: string) => (directory: string) => {
    const etcd = join(directory, 'etcd');
    const etcdctl = join(directory, 'etcdctl');
    for (const path of [etcd, etcdctl]) {
      writeFileSync(path, `#!/bin/sh\necho "\${0##*/} version: ${version}"\n`);
    }
    return Promise.resolve({ etcd, etcdctl });
  };

  it('keeps nothing of programs that do not run', async () => {
    await expect(fillCache(cache, fetchAs('3.3.0'))).rejects.toThrow(
      /older than 3\.4/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it('keeps nothing of a fetch that fails half-way', async () => {
    await expect(
      fillCache(cache, async (directory) => {
        await fetchAs('3.5.0')(directory);
        throw new Error('network');
      }),
    ).rejects.toThrow(/network/);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('keeps etcdutl beside them where there is one', async () => {
    const { etcd } = await fillCache(cache, async (directory) => {
      const etcdutl = join(directory, 'etcdutl');
      writeFileSync(etcdutl, '#!/bin/sh\n', { mode: 0o755 });
      return { ...(await fetchAs('3.6.0')(directory)), etcdutl };
    });
    expect(existsSync(join(etcd, '..', 'etcdutl'))).toBe(true);
  });

  it('leaves the programs of whoever was quicker in place', async () => {
    const { etcd } = await fillCache(cache, fetchAs('3.5.0'));
    const first = statSync(etcd).ino;
    await fillCache(cache, fetchAs('3.5.1'));
    expect(statSync(etcd).ino).toBe(first);
  });

  it('gives working programs to all who fill it at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 5 }, () => fillCache(cache, fetchAs('3.5.0'))),
    );
    expect(new Set(all.map(({ etcd }) => etcd)).size).toBe(1);
    expect(existsSync(all[0]!.etcdctl)).toBe(true);
    expect(readdirSync(cache)).toHaveLength(1);
  });
});
