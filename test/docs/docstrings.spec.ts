import ts from 'typescript';
import { beforeAll, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ROOT } from './support/pages.js';

const entries = Object.keys(manifest.exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => ({
    entry,
    file: `${ROOT}lib/${entry === '.' ? '' : `${entry.slice(2)}/`}index.ts`,
  }));

let checker: ts.TypeChecker;
let program: ts.Program;
beforeAll(() => {
  const config = `${ROOT}lib/tsconfig.esm.json`;
  const { options } = ts.getParsedCommandLineOfConfigFile(
    config,
    { noEmit: true },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
  )!;
  program = ts.createProgram(
    entries.map(({ file }) => file),
    options,
  );
  checker = program.getTypeChecker();
}, 120_000);

/** What the entry exports, as it is where it is declared. */
function exportsOf(file: string): ts.Symbol[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  return checker
    .getExportsOfModule(module)
    .map((symbol) =>
      symbol.flags & ts.SymbolFlags.Alias
        ? checker.getAliasedSymbol(symbol)
        : symbol,
    );
}

const isDocumented = (symbol: ts.Symbol) =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)) !== '' ||
  symbol.getJsDocTags(checker).length > 0;

it.each(entries)('of $entry every export has a docstring', ({ file }) => {
  const all = exportsOf(file);

  expect(all.length).toBeGreaterThan(0);
  expect(
    all
      .filter((symbol) => !isDocumented(symbol))
      .map((symbol) => symbol.getName()),
  ).toEqual([]);
});
