import { join } from 'node:path';
import { report, runMain } from './failure.mjs';
import { root } from './repository.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureBuild } from './setup/dist.mjs';
import { seriesOf, versionOf } from './setup/etcd-programs.mjs';
import { ensureEtcd } from './setup/etcd.mjs';
import { theImpossible } from './setup/machine.mjs';
import { ensureServices } from './setup/services.mjs';
import { runStages, title } from './stages.mjs';
import { runVitest } from './vitest.mjs';

/** Each counts as one test. @type {readonly import('./stages.mjs').Stage[]} */
const STAGES = [
  {
    name: 'formatting',
    passes: tool('prettier/bin/prettier.cjs', '--check', '.'),
  },
  {
    name: 'lint',
    passes: tool('oxlint/bin/oxlint', '--type-aware', '--deny-warnings'),
  },
  { name: 'types', passes: tool('typescript/bin/tsc', '-p', 'tsconfig.json') },
  { name: 'build', passes: ensureBuild },
];

/** Projects of vitest.config.ts that need more than etcd. */
const NEED_MORE = 'with-*';

/** What else is maintained or in use: both ends of what is supported. */
const OTHER_ETCDS = ['3.4', '3.7'];

const [first, ...rest] = process.argv.slice(2);
const all = first === '--all';
const vitestArguments = all ? rest : process.argv.slice(2);
const projectsAreNamed = vitestArguments.some((word) =>
  word.startsWith('--project'),
);
/** @type {import('./stages.mjs').Tally} */
const tally = { passed: 0, failed: 0, failures: [] };

await runMain(async () => {
  try {
    await testAll();
  } catch (error) {
    report(error);
    tally.failed++;
  }
  if (tally.failures.length > 0) title('what failed');
  for (const failure of tally.failures) console.log(failure);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
});

async function testAll() {
  title('set-up');
  await ensureDependencies();
  const { etcd, etcdctl } = await ensureEtcd();
  const { version } = await versionOf(etcd);
  console.log(`etcd: ${version}, ${etcd}`);
  if (all) await ensureServices();
  const impossible = all ? await theImpossible() : { args: [], notes: [] };
  for (const note of impossible.notes) console.log(note);
  if (process.env['ETCD_ENDPOINTS']) {
    console.log(
      'The tests start etcd themselves and leave ETCD_ENDPOINTS alone.',
    );
  }

  // Whoever names tests wants those alone.
  if (vitestArguments.length === 0) add(await runStages(STAGES));

  title('tests');
  const needless =
    all || projectsAreNamed ? impossible.args : [`--project=!${NEED_MORE}`];
  const tests = await runVitest([...vitestArguments, ...needless], {
    ...process.env,
    ETCD_BIN: etcd,
    ETCDCTL_BIN: etcdctl,
  });
  add(tests);
  if (all && vitestArguments.length === 0)
    await testContractsElsewhere(version);
}

/**
 * The contracts again, on each other etcd that can be had here. Which cannot is said, and does not
 * count.
 *
 * @param {string} version of the etcd on which everything ran
 */
async function testContractsElsewhere(version) {
  for (const series of OTHER_ETCDS) {
    if (seriesOf(version) === series) continue;
    title(`contracts on etcd ${series}`);
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...process.env, USE_ETCD: series };
    delete env['ETCD_BIN'];
    delete env['ETCDCTL_BIN'];
    try {
      const { etcd, etcdctl } = await ensureEtcd({ env });
      Object.assign(env, { ETCD_BIN: etcd, ETCDCTL_BIN: etcdctl });
    } catch (error) {
      report(error);
      continue;
    }
    add(await runVitest(['--project=etcd', 'test/contract'], env));
  }
}

/** @param {import('./stages.mjs').Tally} counted */
function add({ passed, failed, failures }) {
  tally.failures.push(...failures);
  tally.passed += passed;
  tally.failed += failed;
}

/**
 * @param {string} script from node_modules
 * @param {string[]} args
 * @returns {import('./stages.mjs').Stage['passes']}
 */
function tool(script, ...args) {
  const path = join(root, 'node_modules', script);
  return async (run) => {
    const { code } = await run(process.execPath, [path, ...args], {
      cwd: root,
    });
    return code === 0;
  };
}
