import {
  access,
  constants,
  mkdir,
  readFile,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { showGrowth } from '../progress.mjs';
import { apt, privateLists } from './apt-packages.mjs';

/**
 * Options with which apt knows the packages of one other suite, and of nothing else, from where
 * the system's packages come from. Its lists are kept under `directory`.
 *
 * @param {string} suite
 * @param {string} directory
 */
export async function listsOfSuite(suite, directory) {
  const mirror = await systemMirror(directory);
  const own = join(directory, suite);
  await mkdir(own, { recursive: true });
  const sources = join(own, 'sources.list');
  await writeFile(
    sources,
    `deb ${mirror.options}${mirror.address} ${suite} ${mirror.components}\n`,
  );
  const options = [
    ...(await privateLists(own)),
    `-oDir::Etc::SourceList=${sources}`,
    '-oDir::Etc::SourceParts=/dev/null',
    '-oAcquire::Languages=none',
    '-oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    '-oAcquire::IndexTargets::deb::CNF::DefaultEnabled=false',
    '-oAcquire::http::Timeout=20',
  ];
  console.log(`Looking into ${suite}: its list of packages, some 10 MB.`);
  await showGrowth({ title: suite, directory: own }, () =>
    apt([...options, 'update'], directory),
  );
  return options;
}

/**
 * Where the system's own packages come from, by its configuration alone.
 *
 * @param {string} directory
 */
async function systemMirror(directory) {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME="?([\w-]+)/m.exec(release)?.[1];
  const targets = await apt(
    [
      'indextargets',
      '--no-release-info',
      '--format=$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)',
    ],
    directory,
  );
  const found = [
    ...targets.matchAll(/^Packages (\S+) (main|universe) (\S+)$/gm),
  ].filter(([, suite]) => codename === undefined || suite === codename);
  const address = found[0]?.[3];
  if (!address) throw new Error('apt does not name a mirror of this system');
  const components = new Set(found.map(([, , component]) => component));
  const keyring = await firstReadable(KEYRINGS);
  return {
    address,
    components: [...components].join(' '),
    options: keyring ? `[signed-by=${keyring}] ` : '',
  };
}

/** Of whole archives: they have the keys of every suite. */
const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.pgp',
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
];

/** @param {readonly string[]} paths */
async function firstReadable(paths) {
  for (const path of paths) {
    const readable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (readable) return path;
  }
  return undefined;
}
