import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  codesOfThePreflight,
  fixedPartOf,
  messagesOfTheLibrary,
  READS_LIKE_A_SENTENCE,
} from './support/messages.js';
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
  const section = text.split('## Lines in the log')[1]!.split('\n## ')[0]!;
  const lines = [...section.matchAll(/^\| `([^`]+)`/gm)].map(
    ([, line]) => line!,
  );
  expect(lines.length).toBeGreaterThan(4);
  const parts = lines.flatMap((line) =>
    line.split(/…|"/).filter((part) => /\w{3}/.test(part)),
  );
  expect(parts.filter((part) => !sources.includes(part.trim()))).toEqual([]);
});

it('names every finding of the preflight', () => {
  const codes = codesOfThePreflight();
  expect(codes.length).toBeGreaterThan(5);
  expect(
    codes.filter(
      (code) => !text.includes(`[\`${code}\`](preflight.md#${code})`),
    ),
  ).toEqual([]);
});

describe('docs/messages.md', () => {
  const messages = page('docs/messages.md').text;
  const all = messagesOfTheLibrary();

  it('has every message of the library', () => {
    expect(all.length).toBeGreaterThan(150);
    const missing = all.filter((one) => !messages.includes(fixedPartOf(one)));
    expect(missing).toEqual([]);
  });

  it('has no message that the library does not give', () => {
    const known = all.map(({ text: message }) => message).join('\n');
    const quoted = [...messages.matchAll(/^\| (.*?) \| /gm)].flatMap(
      ([, cell]) =>
        [...cell!.matchAll(/`([^`]+)`/g)].map(([, quote]) => quote!),
    );
    expect(quoted.length).toBeGreaterThan(150);
    const parts = quoted
      .flatMap((quote) => quote.split(/…|"|: |\.$/))
      .map((part) => part.trim())
      .filter((part) => READS_LIKE_A_SENTENCE.test(part));
    expect(parts.filter((part) => !known.includes(part))).toEqual([]);
  });
});
