import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { page, ROOT } from './support/pages.js';

const { text } = page('docs/troubleshooting.md');

const sources = readdirSync(`${ROOT}lib`, { recursive: true })
  .map((path) => `${ROOT}lib/${String(path)}`)
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

/** Of the union type `name` in a file of core. */
function members(name: string): string[] {
  const errors = readFileSync(`${ROOT}lib/core/api/errors.ts`, 'utf8');
  const [, union] = new RegExp(`type ${name} =([^;]+);`).exec(errors)!;
  return [...union!.matchAll(/'([\w-]+)'/g)].map(([, member]) => member!);
}

it.each(['LockErrorCode', 'LostReason'])('tells of every %s', (name) => {
  const all = members(name);
  expect(all.length).toBeGreaterThan(3);
  expect(all.filter((each) => !text.includes(`| \`${each}\``))).toEqual([]);
});

it('quotes lines of the log as the library writes them', () => {
  const section = text.split('## Lines in the log')[1]!;
  const lines = [...section.matchAll(/^\| `([^`]+)`/gm)].map(
    ([, line]) => line!,
  );
  expect(lines.length).toBeGreaterThan(4);
  const parts = lines.flatMap((line) =>
    line.split(/…|"/).filter((part) => /\w{3}/.test(part)),
  );
  expect(parts.filter((part) => !sources.includes(part.trim()))).toEqual([]);
});
