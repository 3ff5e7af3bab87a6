import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { ROOT } from './pages.js';

/** What can be said there is meant for who works on the library, or is no message. */
const NO_MESSAGES =
  /^(testing|memory|cli)\/|^etcd\/(wire|preflight)\/|^board\/(icon|page)|\/instruments\.ts$/;

/** Three words in a row, and not only a part of a message. */
export const READS_LIKE_A_SENTENCE = /(?=.{20})([a-z]{2,} ){2}[a-z]{2,}/i;

export interface Message {
  readonly file: string;
  /** With `…` for what is put in. */
  readonly text: string;
}

/** Texts of the library that read like sentences. Shorter ones are parts of those. */
export function messagesOfTheLibrary(): Message[] {
  return readdirSync(`${ROOT}lib`, { recursive: true })
    .map((path) => String(path).replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !NO_MESSAGES.test(file))
    .sort()
    .flatMap((file) => {
      const source = readFileSync(`${ROOT}lib/${file}`, 'utf8');
      return textsIn(file, source).map((text) => ({ file, text }));
    });
}

function textsIn(file: string, source: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isLiteralTypeNode(node)) return;
    if (ts.isStringLiteralLike(node)) texts.push(node.text);
    if (ts.isTemplateExpression(node)) {
      const rest = node.templateSpans.map(({ literal }) => `…${literal.text}`);
      texts.push(node.head.text + rest.join(''));
    }
    ts.forEachChild(node, visit);
  };
  const target = ts.ScriptTarget.Latest;
  visit(ts.createSourceFile(file, source, target, true));
  return texts.filter((text) => READS_LIKE_A_SENTENCE.test(text));
}

/** The longest part of it that is the same for everybody, without where it leads. */
export function fixedPartOf({ text }: Message): string {
  const parts = text
    .replace(/ See nestjs-etcd-lock\/.*/, '')
    .split('…')
    .map((part) => part.replace(/^[\s:]+/, '').trimEnd());
  return parts.reduce((a, b) => (b.length > a.length ? b : a));
}

/** What the preflight can find, by its code. */
export function codesOfThePreflight(): string[] {
  const file = `${ROOT}lib/etcd/preflight/preflight-warning.ts`;
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(/^ {2}\| '([\w-]+)'/gm)].map(([, code]) => code!);
}
