/** A release of etcd 3. */
export interface EtcdVersion {
  readonly minor: number;
  readonly patch: number;
}

/** Undefined for what is no release of etcd 3. A pre-release counts as the patch before it. */
export function parseVersion(text: string): EtcdVersion | undefined {
  const [, minor, patch, pre] = /^3\.(\d+)\.(\d+)(-.+)?$/.exec(text) ?? [];
  if (minor === undefined) return undefined;
  return {
    minor: Number(minor),
    patch: Number(patch) - (pre === undefined ? 0 : 1),
  };
}
