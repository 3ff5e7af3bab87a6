import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const GRACE_MS = 10_000;
/** @type {NodeJS.Signals[]} */
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'];
const OWN_GROUP = process.platform !== 'win32';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** The exit code that a signal asks for; from then on no caller of `run` goes on. */
let stopCode = 0;

/**
 * Runs a command to its end, in a process group of its own, and kills what is left of that group
 * afterwards: a child's own children do not outlive it. SIGINT, SIGTERM and SIGHUP are handed on
 * to the child, which has ten seconds to end before its group is killed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {boolean} [options.capture] resolve with the output instead of showing it
 * @param {number} [options.timeoutMs]
 * @returns {Promise<{ code: number, output: string }>} `code` is 127 when the command cannot start
 */
export function run(command, args, options = {}) {
  const { capture = false, timeoutMs, ...rest } = options;
  const out = capture ? 'pipe' : 'inherit';
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      ...rest,
      detached: OWN_GROUP,
      stdio: ['ignore', out, out],
    });
    running.add(child);
    listen();
    let output = '';
    child.stdout?.on('data', (text) => (output += text));
    child.stderr?.on('data', (text) => (output += text));
    const timer = timeoutMs && setTimeout(killGroup, timeoutMs, child);

    /** @param {number} code */
    const settle = (code) => {
      clearTimeout(timer);
      running.delete(child);
      listen();
      if (stopCode === 0) resolve({ code, output });
      else if (running.size === 0) process.exit(stopCode);
    };
    child.once('error', (error) => {
      output += error.message;
      settle(127);
    });
    child.once('exit', () => killGroup(child));
    child.once('close', (code) => settle(code ?? 1));
  });
}

/**
 * Runs a command that has to succeed, and resolves with its output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function runOrThrow(command, args, options) {
  const { code, output } = await run(command, args, {
    ...options,
    capture: true,
  });
  if (code !== 0) {
    throw new Error(
      `\`${command} ${args.join(' ')}\` failed with code ${code}: ${output.trim()}`,
    );
  }
  return output;
}

/** @param {import('node:child_process').ChildProcess} child */
function killGroup(child) {
  if (!child.pid) return;
  try {
    process.kill(OWN_GROUP ? -child.pid : child.pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
}

/** @param {NodeJS.Signals} signal */
function stop(signal) {
  stopCode = 128 + constants.signals[signal];
  for (const child of running) {
    child.kill(signal);
    setTimeout(killGroup, GRACE_MS, child).unref();
  }
}

// Only while a command runs: with none, a signal ends this process as it ends any other.
function listen() {
  for (const signal of SIGNALS) {
    process.off(signal, stop);
    if (running.size > 0) process.on(signal, stop);
  }
}
