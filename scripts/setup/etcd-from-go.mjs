import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrThrow } from '../child.mjs';
import { hasGo } from './go.mjs';

/** The version that is built of each series. @type {Readonly<Record<string, string>>} */
const VERSIONS = { 3.6: '3.6.16', 3.7: '3.7.3' };

const MODULES = ['server', 'etcdctl', 'etcdutl'];
const sources = fileURLToPath(new URL('etcd-from-go', import.meta.url));

/** @param {string} series such as 3.6 */
export async function canBuildEtcd(series) {
  return series in VERSIONS && (await hasGo());
}

/**
 * Builds etcd out of its Go modules. They are fetched into Go's own cache, and Go checks them
 * against its database of checksums.
 *
 * @param {string} series such as 3.6
 */
export function buildEtcd(series) {
  const version = VERSIONS[series];
  /** @param {string} directory */
  return async (directory) => {
    console.log(
      `Building etcd ${version} with Go: some 60 MB of modules, and a few minutes.`,
    );
    const module = join(directory, 'module');
    const bin = join(directory, 'bin');
    await mkdir(bin);
    await cp(sources, module, { recursive: true });
    await writeFile(join(module, 'go.mod'), 'module etcd-programs\n');
    const options = {
      cwd: module,
      // A workspace or flags of whoever runs this are for other modules.
      env: { ...process.env, GOWORK: 'off', GOFLAGS: '', CGO_ENABLED: '0' },
    };
    const wanted = MODULES.map(
      (name) => `go.etcd.io/etcd/${name}/v3@v${version}`,
    );
    await runOrThrow('go', ['get', ...wanted], options);
    await runOrThrow(
      'go',
      ['build', '-trimpath', '-ldflags=-s -w', '-o', bin, './...'],
      options,
    );
    return {
      etcd: join(bin, 'etcd'),
      etcdctl: join(bin, 'etcdctl'),
      etcdutl: join(bin, 'etcdutl'),
    };
  };
}
