import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  cellsOf,
  nameOf,
  type Part,
  type Run,
} from '../../scripts/matrix/cells.mjs';
import { manifestWith } from '../../scripts/matrix/nest-copy.mjs';
import {
  ETCDS,
  NESTS,
  NODES,
  optionsOf,
} from '../../scripts/matrix/options.mjs';
import {
  keep,
  keptResults,
  type KeptResult,
} from '../../scripts/matrix/kept.mjs';
import { failuresIn } from '../../scripts/matrix/run-cell.mjs';
import { pageOf } from '../../scripts/matrix/page.mjs';
import { tableOf } from '../../scripts/matrix/table.mjs';
import { root } from '../../scripts/repository.mjs';

const specs = readdirSync(join(root, 'test'), { recursive: true })
  .map((path) => `test/${String(path)}`)
  .filter((path) => path.endsWith('.ts'));

const names = (...args: string[]) =>
  cellsOf(optionsOf(args)).map((cell) => nameOf(cell));

describe('the cells of the matrix', () => {
  it('are every Node with every etcd, with every Nest and by itself, and what is not Node', () => {
    expect(names()).toHaveLength(3 * (4 + 2 + 1) + 2);
    expect(names().slice(-2)).toEqual(['Bun', 'Deno']);
    expect(names().slice(0, 7)).toEqual([
      'Node 20, etcd 3.4',
      'Node 20, etcd 3.5',
      'Node 20, etcd 3.6',
      'Node 20, etcd 3.7',
      'Node 20, Nest 11',
      'Node 20, Nest 12',
      'Node 20, a bare machine',
    ]);
  });

  it.each([
    ['--etcd', ['--etcd', '3.7', '--node', '24'], ['Node 24, etcd 3.7']],
    ['--nest', ['--nest', '11', '--node', '22'], ['Node 22, Nest 11']],
    ['--runtime', ['--runtime', 'deno'], ['Deno']],
    ['--readme', ['--readme', '--node', '24'], ['Node 24, a bare machine']],
    [
      'both',
      ['--nest', '11', '--etcd', '3.4', '--node', '22'],
      ['Node 22, etcd 3.4', 'Node 22, Nest 11'],
    ],
  ])('are those that %s selects', (_, args, expected) => {
    expect(names(...args)).toEqual(expected);
  });

  it('run everything with each etcd on one Node, and the contracts on the others', () => {
    const cells = cellsOf(optionsOf([])).filter(({ etcd }) => etcd);
    const whole = cells.filter(({ part }) => part === 'everything');
    expect(whole).toHaveLength(ETCDS.length);
    expect(new Set(whole.map(({ etcd }) => etcd))).toEqual(new Set(ETCDS));
    expect([...new Set(whole.map(({ node }) => node))]).toEqual(NODES);
    for (const { part, runs } of cells) {
      const [{ args }] = runs as [Run];
      expect(args).toContain('test/contract/');
      expect(args.includes('test/faults/')).toBe(part === 'everything');
    }
  });

  it('run everything with each Nest on every Node, and nothing that is of this repository', () => {
    const cells = cellsOf(optionsOf([])).filter(({ nest }) => nest);
    expect(cells).toHaveLength(NESTS.length * NODES.length);
    for (const { part, runs } of cells) {
      const [{ args }] = runs as [Run];
      expect(part).toBe('everything');
      expect(args).toContain('test/simulation/');
      expect(args).not.toContain('test/setup/');
    }
  });

  it('run everything nowhere with --quick', () => {
    const parts = cellsOf(optionsOf(['--quick'])).map(({ part }) => part);
    expect(new Set(parts)).toEqual(new Set(['contracts', 'transports']));
  });

  it('name projects and folders that there are', () => {
    const args = cellsOf(optionsOf([]))
      .flatMap(({ runs }) => runs)
      .flatMap((run) => run.args);
    const config = readFileSync(join(root, 'vitest.config.ts'), 'utf8');
    for (const one of new Set(args)) {
      const [, project] = one.split(/--project=!?/);
      if (project) expect(config).toContain(`name: '${project}'`);
      if (one.startsWith('test/')) {
        expect(specs.filter((path) => path.startsWith(one))).not.toEqual([]);
      }
    }
  });

  it.each([
    ['what there is not', ['--etcd', '3.3']],
    ['an option that there is not', ['--fast']],
  ])('refuse %s', (_, args) => {
    expect(() => optionsOf(args)).toThrow(/--/);
  });
});

describe('the repository with another Nest', () => {
  it('has every package of Nest in its version for that Nest', () => {
    const devDependencies = {
      '@nestjs/core': '^12.5.1',
      '@nestjs/graphql': '^14.0.3',
      ws: '^8.23.0',
    };
    const made = manifestWith('11', { devDependencies, overrides: {} });
    expect(made).toEqual({
      devDependencies: {
        '@nestjs/core': '^11.0.0',
        '@nestjs/graphql': '^13.0.0',
        ws: '^8.23.0',
      },
    });
  });
});

const cell = (node: string, etcd: string, part: Part = 'everything') => ({
  ...{ node, etcd, part },
  runs: [],
});
const DATE = '2026-01-31';
const RESULTS: KeptResult[] = [
  {
    date: DATE,
    cell: cell('20', '3.4'),
    versions: { node: '20.20.2', etcd: '3.4.23' },
    passed: 7,
    failed: 0,
    failures: [],
    notes: [],
  },
  {
    date: DATE,
    cell: cell('20', '3.7'),
    problem: 'No Go.',
    passed: 0,
    failed: 0,
    failures: [],
    notes: [],
  },
  {
    date: DATE,
    cell: cell('22', '3.4', 'contracts'),
    versions: { node: '22.1.0', etcd: '3.4.23' },
    passed: 6,
    failed: 1,
    failures: ['test/a.spec.ts: a lock is *late*'],
    notes: ['without Go'],
  },
];

describe('the table of the matrix', () => {
  it('has a line for each cell, what failed in it, and what could not be had', () => {
    const lines = tableOf(RESULTS).split('\n');
    expect(lines.map((line) => line.replaceAll(/(?<=\S) +/g, ' '))).toEqual([
      'Node 20.20.2, etcd 3.4.23 7 tests, 0 failed',
      'Node 20, etcd 3.7 not to be had',
      '    No Go.',
      'Node 22.1.0, etcd 3.4.23 7 tests, 1 failed',
      '    test/a.spec.ts: a lock is *late*',
      '    without Go',
    ]);
  });

  it('is a page with versions, dates, failures, and what did not run or could not be had', async () => {
    const page = await pageOf(RESULTS);
    expect(page).toMatch(
      /\| +\| Node 20\.20\.2 +\| Node 22\.1\.0 +\| Node 24 +\|/,
    );
    expect(page).toMatch(
      /\| etcd 3\.4\.23 \| everything: 7 passed, 2026-01-31 \| contracts: 1 of 7 failed, 2026-01-31 \| not run +\|/,
    );
    expect(page).toMatch(
      /\| etcd 3\.7 +\| not to be had +\| not run +\| not run +\|/,
    );
    expect(page).toContain('- contracts: the contracts of the store');
    expect(page).toContain('- test/a.spec.ts: a lock is \\*late\\*');
    expect(page).toContain('- Node 20, etcd 3.7');
    expect(page).toContain('- without Go');
  });

  it('is made of the latest result of each cell, over several runs', async ({
    onTestFinished,
  }) => {
    const directory = mkdtempSync(join(tmpdir(), 'matrix-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'kept', 'results.json');
    expect(await keptResults(file)).toEqual([]);
    const [first, second] = RESULTS as [KeptResult, KeptResult];
    const later = { ...first, passed: 8 };
    // Which says less than what is there.
    const less = { ...first, cell: cell('20', '3.4', 'contracts'), passed: 1 };
    for (const result of [first, second, later, less]) {
      await keep(result, file);
    }
    expect(await keptResults(file)).toEqual([second, later]);
  });
});

describe('the failures of a cell', () => {
  const file = (name: string, failed: number, message = '') => ({
    name: `/anywhere/test/${name}`,
    message,
    status: 'failed',
    assertionResults: Array.from({ length: failed }, (_, index) => ({
      status: 'failed',
      fullName: `title ${index}`,
    })),
  });

  it('are named by file and title, or by what kept a file from loading', () => {
    const testResults = [file('a.spec.ts', 1), file('b.spec.ts', 0, 'no\nX')];
    expect(failuresIn({ testResults })).toEqual([
      'test/a.spec.ts: title 0',
      'test/b.spec.ts: no',
    ]);
  });

  it('are the first few of a file, and how many more', () => {
    const found = failuresIn({ testResults: [file('a.spec.ts', 30)] });
    expect(found).toHaveLength(6);
    expect(found.at(-1)).toBe('test/a.spec.ts: and 25 more');
  });
});
