import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFECTS } from '../test/mutants/defects.mjs';
import { run } from './child.mjs';
import { runMain } from './failure.mjs';
import { root } from './repository.mjs';
import { ensureEtcd } from './setup/etcd.mjs';

/** What the tests of a copy of the repository need. */
const PARTS = [
  'lib',
  'board-page',
  'test',
  'scripts',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'vitest.config.ts',
];

const wanted = process.argv.slice(2).join(' ').toLowerCase();

await runMain(async () => {
  const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  for (const part of PARTS) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

  const defects = DEFECTS.filter(({ title }) => title.includes(wanted));
  const suites = [...new Set(defects.map(({ suite }) => suite))];
  const sound = await failures(copy, suites);
  if (sound.length > 0) {
    console.log(`The library fails without any defect:\n${sound.join('\n')}`);
    return 1;
  }
  let survivors = 0;
  for (const defect of defects) {
    const failed = await inCopy(copy, defect);
    const caught = failed.includes(defect.test);
    if (!caught) survivors++;
    console.log(
      `${caught ? 'caught  ' : 'SURVIVED'} ${defect.promise ?? '-'} ${defect.title}`,
    );
    console.log(
      `         ${caught ? defect.test : failed.join('\n         ')}`,
    );
  }
  console.log(`${defects.length - survivors} caught, ${survivors} survived`);
  return survivors === 0 ? 0 : 1;
});

/**
 * @param {string} copy
 * @param {import('../test/mutants/defects.mjs').Defect} defect
 */
async function inCopy(copy, { file, line, instead, suite }) {
  const path = join(copy, file);
  const sound = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    sound.replace(line, () => instead),
  );
  try {
    return await failures(copy, [suite]);
  } finally {
    writeFileSync(path, sound);
  }
}

async function environment() {
  // A copy has no cache to find it in.
  const { etcd, etcdctl } = await ensureEtcd();
  return { ...process.env, ETCD_BIN: etcd, ETCDCTL_BIN: etcdctl };
}

/**
 * Names of the tests that fail.
 *
 * @param {string} copy
 * @param {readonly string[]} suites
 */
async function failures(copy, suites) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  await run(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project=unit',
      '--project=etcd',
      '--testTimeout=30000',
      '--reporter=json',
      `--outputFile=${report}`,
      ...suites,
    ],
    { cwd: copy, capture: true, env: await environment() },
  );
  /** @type {{ testResults: { name: string, message: string, assertionResults: { status: string, fullName: string }[] }[] }} */
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults.flatMap(({ name, message, assertionResults }) =>
    assertionResults.length === 0
      ? [`${name}: ${message}`]
      : assertionResults
          .filter(({ status }) => status === 'failed')
          .map(({ fullName }) => fullName),
  );
}
