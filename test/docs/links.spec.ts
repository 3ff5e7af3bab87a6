import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksIn } from './support/links.js';
import { codesOfThePreflight } from './support/messages.js';
import { page, pages, ROOT } from './support/pages.js';

/** Why a link from `from` leads nowhere; undefined if it leads somewhere. */
function problemOf(from: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) {
    const works =
      /^https:\/\/[\w-]+\.[^/]/.test(target) && URL.canParse(target);
    return works ? undefined : 'is no https address';
  }
  const [path, anchor] = target.split('#') as [string, string?];
  const file =
    path === '' ? from : posix.normalize(posix.join(posix.dirname(from), path));
  if (file.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(ROOT + file)) return 'leads to no file';
  if (anchor === undefined || anchorsOf(page(file)).has(anchor)) {
    return undefined;
  }
  return `leads to no heading of ${file}`;
}

function brokenLinks(path: string, text: string): string[] {
  return linksIn({ path, text }).flatMap(({ target, line }) => {
    const problem = problemOf(path, target);
    return problem === undefined
      ? []
      : [`${path}:${line}: ${target} ${problem}`];
  });
}

describe('links', () => {
  it.each(pages().map(({ path, text }) => [path, text] as const))(
    'lead somewhere: %s',
    (path, text) => {
      expect(brokenLinks(path, text)).toEqual([]);
    },
  );

  it('that lead nowhere are found', () => {
    const text = [
      '# A `b()` & c',
      '[to](#a-b--c) [no](#a-b) [no](missing.md) [no](../../etc)',
      '[no](http://etcd.io) `[code](missing.md)`',
      '```',
      '[code](missing.md)',
      '```',
      '![no](missing.png)',
    ].join('\n');
    expect(linksIn({ path: 'docs/x.md', text })).toHaveLength(6);
    expect([...anchorsOf({ path: 'docs/x.md', text })]).toEqual(['a-b--c']);
  });

  it('from every page of docs can be reached from the README or docs/README.md', () => {
    const linked = ['README.md', 'docs/README.md'].flatMap((from) =>
      linksIn(page(from)).map(({ target }) =>
        posix.join(posix.dirname(from), target.split('#')[0]!),
      ),
    );
    const unlinked = pages()
      .map(({ path }) => path)
      .filter((path) => /^docs\/[^/]+\.md$/.test(path))
      .filter((path) => path !== 'docs/README.md' && !linked.includes(path));
    expect(unlinked).toEqual([]);
  });

  it('in what the library prints lead somewhere', () => {
    const sources = readdirSync(`${ROOT}lib`, { recursive: true })
      .map((path) => `lib/${String(path)}`)
      .filter((path) => path.endsWith('.ts'));
    const printed = sources.flatMap((path) => [
      ...readFileSync(ROOT + path, 'utf8').matchAll(
        /nestjs-etcd-lock\/(docs\/[\w-]+\.md)(?:#([\w-]+))?/g,
      ),
    ]);
    expect(printed.length).toBeGreaterThan(1);
    const problems = printed.flatMap(
      ([, path, anchor]) =>
        problemOf('README.md', anchor ? `${path}#${anchor}` : path!) ?? [],
    );
    expect(problems).toEqual([]);
  });

  it('of warnings of the preflight lead to the section that explains them', () => {
    const codes = codesOfThePreflight();
    expect(codes.length).toBeGreaterThan(5);
    const anchors = anchorsOf(page('docs/preflight.md'));
    expect(codes.filter((code) => !anchors.has(code))).toEqual([]);
  });
});
