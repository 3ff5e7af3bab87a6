/** Where the set-up found etcd; see `scripts/setup/etcd.mjs`. */
export function etcdBinary(): string {
  return required('ETCD_BIN');
}

export function etcdctlBinary(): string {
  return required('ETCDCTL_BIN');
}

/**
 * This process's environment without etcd's own variables, which would change what the program
 * does, plus `extra`.
 */
export function etcdEnvironment(
  extra: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^ETCD(CTL)?_/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    // etcd refuses to start elsewhere than on x64 until it is told that this is intended.
    ...(process.arch === 'x64' ? {} : { ETCD_UNSUPPORTED_ARCH: process.arch }),
    ...extra,
  };
}

function required(name: string): string {
  const path = process.env[name];
  if (!path) {
    throw new Error(
      `${name} is not set. Run the tests through \`npm test\` or \`npx vitest\` in the repository's root.`,
    );
  }
  return path;
}
