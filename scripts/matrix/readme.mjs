import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../child.mjs';
import { root } from '../repository.mjs';
import { findOnPath } from '../setup/etcd-programs.mjs';
import { fetchPackage } from '../setup/npm-package.mjs';

/** Of npm, which comes with that Node. @type {Readonly<Record<string, string>>} */
const NPM = { 20: '10', 22: '10', 24: '11' };

/** What every Debian has, and npm and apt call. */
const OF_THE_SYSTEM = ['sh', 'env', 'apt-get', 'dpkg-deb', 'tar', 'rm'];

const NOT_IN_A_CLONE = ['.cache', '.git', 'coverage', 'dist', 'node_modules'];

/**
 * The way of a newcomer: a clone, an empty home, and a PATH with that Node, its npm and no more than
 * a bare system has: no etcd, Go, Python, Java, compiler or Docker. Nothing is fetched but what the
 * commands fetch themselves.
 *
 * @param {string} node
 * @param {string} major
 * @returns {Promise<{ passed: number, failures: readonly string[], output: string }>}
 */
export async function newcomer(node, major) {
  const directory = await mkdtemp(join(tmpdir(), 'newcomer-'));
  // Not in a `finally`: a signal ends this process from the middle.
  process.once('exit', () => rmSync(directory, { recursive: true }));
  const clone = join(directory, 'clone');
  for (const name of await readdir(root)) {
    if (NOT_IN_A_CLONE.includes(name)) continue;
    await cp(join(root, name), join(clone, name), { recursive: true });
  }
  const home = join(directory, 'home');
  await mkdir(home);
  const PATH = await barePath(directory, node, `npm@${NPM[major]}`);
  const npm = join(PATH, 'npm');
  const env = { ...wayToTheNetwork(), PATH, HOME: home };
  return await tryOut(npm, { cwd: clone, env });
}

/** What a network of a company asks for; a newcomer there has it, too. */
function wayToTheNetwork() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) =>
      /_proxy$|^NODE_EXTRA_CA_CERTS$|^SSL_CERT_(FILE|DIR)$/i.test(name),
    ),
  );
}

/**
 * The commands of the README in its order; then the one that their set-up runs, by itself.
 *
 * @type {readonly { args: readonly string[], minutes: number, wrong: RegExp }[]}
 */
const COMMANDS = [
  { args: ['run', 'demo'], minutes: 15, wrong: /warn|BROKEN/ },
  { args: ['test'], minutes: 45, wrong: /^npm warn/m },
  { args: ['ci'], minutes: 15, wrong: /warn|error/i },
];

/** @param {string} npm @param {{ cwd: string, env: NodeJS.ProcessEnv }} options */
async function tryOut(npm, options) {
  const failures = [];
  let output = '';
  for (const { args, minutes, wrong } of COMMANDS) {
    const { code, output: said } = await run(npm, args, {
      ...options,
      capture: true,
      timeoutMs: minutes * 60_000,
    });
    const name = `npm ${args.join(' ')}`;
    output += `$ ${name}\n${said}\n`;
    const [sum = `code ${code}`] = /^\d+ passed, \d+ failed$/m.exec(said) ?? [];
    if (code !== 0) failures.push(`${name} ended with ${sum}`);
    else if (wrong.test(said)) failures.push(`${name} is not quiet`);
  }
  return { passed: COMMANDS.length - failures.length, failures, output };
}

/** @param {string} directory @param {string} node @param {string} npm */
async function barePath(directory, node, npm) {
  const bin = join(directory, 'bin');
  const fetched = join(directory, 'npm');
  for (const one of [bin, fetched]) await mkdir(one);
  const content = await fetchPackage(npm, fetched);
  await symlink(node, join(bin, 'node'));
  for (const name of ['npm', 'npx']) {
    await symlink(join(content, 'bin', `${name}-cli.js`), join(bin, name));
  }
  for (const name of OF_THE_SYSTEM) {
    const path = await findOnPath(name);
    if (path) await symlink(path, join(bin, name));
  }
  return bin;
}
