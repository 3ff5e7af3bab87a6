import { run } from '../child.mjs';
import { findOnPath } from './etcd-programs.mjs';

/** Specs that need something of the machine. */
const SPECS = {
  '*.network-spec.ts': problemWithNetworks,
  '*.strace-spec.ts': problemWithStrace,
};

/**
 * Arguments with which vitest leaves out what this machine does not allow, and what that is, for
 * people.
 *
 * @returns {Promise<{ args: readonly string[], notes: readonly string[] }>}
 */
export async function theImpossible() {
  const args = [];
  const notes = [];
  for (const [specs, problemWith] of Object.entries(SPECS)) {
    const problem = await problemWith();
    if (!problem) continue;
    notes.push(`without ${specs}: ${problem}`);
    // Several excluded projects would not do: vitest runs whatever is not one of them.
    args.push(`--exclude=**/${specs}`);
  }
  if (args.length === 0 && !(await hasNetem())) {
    notes.push('without slow packets: this kernel has no netem');
  }
  return { args, notes };
}

/** The programs that need root are where the PATH of others may not look. */
function environment() {
  return { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
}

/** Why tests cannot make networks of their own here; `undefined` where they can. */
export async function problemWithNetworks() {
  if (process.platform !== 'linux') return 'networks are made on Linux alone';
  if (process.getuid?.() !== 0) return 'only root may make networks';
  const { PATH } = environment();
  for (const program of ['ip', 'unshare', 'nsenter']) {
    if (!(await findOnPath(program, PATH))) {
      return `${program} is missing (in Debian: iproute2, util-linux)`;
    }
  }
  // Containers have the programs, and not the right to use them.
  return problemOf('unshare', [
    ...['--net', 'ip', 'link', 'add', 'one'],
    ...['type', 'veth', 'peer', 'name', 'other'],
  ]);
}

/** Whether this kernel can delay packets. */
export async function hasNetem() {
  const command = 'ip link set lo up && tc qdisc add dev lo root netem';
  const problem = await problemOf('unshare', ['--net', 'sh', '-c', command]);
  return problem === undefined;
}

/** Why tests cannot make a disk slow here; `undefined` where they can. */
export async function problemWithStrace() {
  if (!(await findOnPath('strace'))) {
    return 'strace is missing (in Debian: strace)';
  }
  const inject = '--inject=fsync:delay_enter=1';
  return problemOf('strace', ['--trace=fsync', inject, 'true']);
}

/** @param {string} command @param {readonly string[]} args */
async function problemOf(command, args) {
  const { code, output } = await run(command, args, {
    capture: true,
    timeoutMs: 10_000,
    env: environment(),
  });
  if (code === 0) return undefined;
  return output.trim().split('\n')[0] || `${command} ended with code ${code}`;
}
