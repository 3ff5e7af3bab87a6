import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './pages.js';

/** Checks files with the options of the repository, in one program. Complaints, by file. */
export function compile(files: readonly string[]): Map<string, string[]> {
  const program = ts.createProgram([...files], options());
  return new Map(
    files.map((file) => {
      const source = program.getSourceFile(file);
      return [
        file,
        [
          ...program.getSyntacticDiagnostics(source),
          ...program.getSemanticDiagnostics(source),
        ].map(inWords),
      ];
    }),
  );
}

/** With what Nest's own applications have the compiler write down: GraphQL needs it. */
export function transpile(text: string): string {
  const { noEmit: _, allowJs: __, checkJs: ___, ...rest } = options();
  return ts.transpileModule(text, {
    compilerOptions: {
      ...rest,
      module: ts.ModuleKind.ES2022,
      emitDecoratorMetadata: true,
    },
  }).outputText;
}

/** For code of packages that are not installed: whether it is TypeScript at all. */
export function parse(text: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(text, {
    reportDiagnostics: true,
    compilerOptions: { experimentalDecorators: true },
  });
  return diagnostics.map(inWords);
}

function options(): ts.CompilerOptions {
  const config = join(ROOT, 'tsconfig.json');
  const read = ts.readConfigFile(config, (path) => ts.sys.readFile(path));
  // The files of the repository are not wanted, so no folder is looked through.
  const host = { ...ts.sys, readDirectory: () => [] };
  const content: unknown = read.config;
  return ts.parseJsonConfigFileContent(content, host, ROOT, {}, config).options;
}

function inWords({ file, start, messageText }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (file === undefined || start === undefined) return message;
  return `line ${file.getLineAndCharacterOfPosition(start).line + 1}: ${message}`;
}
