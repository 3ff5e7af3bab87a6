import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { program } from '../../lib/cli/program.js';
import manifest from '../../package.json' with { type: 'json' };
import { etcdBinary, etcdctlBinary } from '../support/etcd-binary.js';
import { type CodeBlock, codeBlocks, placeOf } from './support/code-blocks.js';
import { pages } from './support/pages.js';

/** What stands in a block beside the programs whose use is checked here. */
const OTHERS = ['jq', 'node', 'esbuild'];

interface Line {
  readonly place: string;
  readonly words: readonly string[];
}

/** The words of each command: what a shell makes of the simple lines that documentation has. */
function commandsIn(block: CodeBlock): Line[] {
  return block.text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, ''))
    .flatMap((line) => piped(line.match(/'[^']*'|[^\s']+/g) ?? []))
    .map((words) => words.filter((word) => !/^([A-Z_]+=|&$)/.test(word)))
    .filter((words) => words.length > 0)
    .map((words) => ({ place: placeOf(block), words }));
}

function piped(words: readonly string[]): string[][] {
  const end = words.findIndex((word) => word === '|' || word === '&&');
  return end === -1
    ? [[...words]]
    : [words.slice(0, end), ...piped(words.slice(end + 1))];
}

const lines = pages()
  .flatMap(codeBlocks)
  .filter(({ kind }) => kind === 'sh')
  .flatMap(commandsIn)
  .map(({ place, words: [first, ...rest] }) =>
    first === 'npx'
      ? { place, name: rest[0]!, words: rest.slice(1) }
      : { place, name: first!, words: rest },
  );

const linesOf = (...names: string[]) =>
  lines
    .filter(({ name }) => names.includes(name))
    .map(
      (line) =>
        [`${line.name} ${line.words.join(' ')}, ${line.place}`, line] as const,
    );

const optionsIn = (words: readonly string[]) =>
  words
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.split('=')[0]!);

async function help(binary: string, ...args: string[]): Promise<string> {
  const run = promisify(execFile);
  const { stdout, stderr } = await run(binary, [...args, '--help'], {
    env: { ...process.env, ETCDCTL_API: '3' },
  });
  return stdout + stderr;
}

const mentions = (text: string, option: string) =>
  new RegExp(`(^|[\\s,])${option}([\\s=,[]|$)`, 'm').test(text);

describe('the commands in the documentation', () => {
  it('are of programs that are known here', () => {
    const known = [...OTHERS, 'npm', 'nestjs-etcd-lock', 'etcd', 'etcdctl'];
    const unknown = lines.filter(({ name }) => !known.includes(name));
    expect(unknown).toEqual([]);
  });

  it.each(linesOf('npm'))('npm can do it: %s', (_, { words }) => {
    const [command, ...rest] = words;
    const { scripts, name, devDependencies, dependencies } = manifest;
    const packages = { [name]: '', ...devDependencies, ...dependencies };
    const known =
      command === 'install'
        ? Object.keys(packages)
        : ['run', ...Object.keys(scripts)];
    const named = command === 'install' ? rest : words.slice(0, 2);
    expect(named.filter((word) => !known.includes(word))).toEqual([]);
  });

  it.each(linesOf('nestjs-etcd-lock'))(
    'the command line has it: %s',
    (_, l) => {
      const terminal = { stdout: process.stdout, stderr: process.stderr };
      const root = program(terminal as never, '', () => {});
      const words = l.words.slice(
        0,
        l.words.includes('--') ? l.words.indexOf('--') : undefined,
      );
      const command = root.commands.find((each) => words.includes(each.name()));
      const options = [...root.options, ...(command?.options ?? [])];
      expect(command).toBeDefined();
      expect(
        optionsIn(words).filter((word) =>
          options.every((o) => ![o.long, o.short].includes(word)),
        ),
      ).toEqual([]);
    },
  );

  it.each(linesOf('etcdctl'))('etcdctl has it: %s', async (_, { words }) => {
    const options = optionsIn(words);
    const [command, second] = words.filter((word) => !word.startsWith('-'));
    const usage = await help(etcdctlBinary(), command!);
    const text = mentions(usage, second ?? '-')
      ? await help(etcdctlBinary(), command!, second!)
      : usage;
    expect(usage).toMatch(new RegExp(`etcdctl ${command}`));
    expect(options.filter((option) => !mentions(text, option))).toEqual([]);
  });

  it.each(linesOf('etcd'))('etcd has it: %s', async (_, { words }) => {
    const text = await help(etcdBinary());
    expect(optionsIn(words).filter((o) => !mentions(text, o))).toEqual([]);
  });
});
