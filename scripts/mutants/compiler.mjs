import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { root } from '../repository.mjs';

/** Whether the compiler takes a file of the library with another text. */
export class Compiler {
  /** @type {{ path: string, text: string } | undefined} */
  #other;
  #version = 0;
  /** @type {ts.LanguageService} */
  #service;

  constructor() {
    const file = join(root, 'lib', 'tsconfig.esm.json');
    const { config } = ts.readConfigFile(file, (path) => ts.sys.readFile(path));
    const { options, fileNames } = ts.parseJsonConfigFileContent(
      config,
      ts.sys,
      dirname(file),
    );
    /** @param {string} path */
    const read = (path) =>
      path === this.#other?.path ? this.#other.text : ts.sys.readFile(path);
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => ({ ...options, noEmit: true }),
      getScriptFileNames: () => fileNames,
      getScriptVersion: (path) =>
        path === this.#other?.path ? `damaged ${this.#version}` : 'sound',
      getScriptSnapshot: (path) => {
        const text = read(path);
        return text === undefined
          ? undefined
          : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: (path) => ts.sys.fileExists(path),
      readFile: (path) => ts.sys.readFile(path),
      readDirectory: (...args) => ts.sys.readDirectory(...args),
      directoryExists: (path) => ts.sys.directoryExists(path),
      getDirectories: (path) => ts.sys.getDirectories(path),
    });
  }

  /**
   * @param {string} file within the repository
   * @param {string} text
   */
  takes(file, text) {
    const path = join(root, file);
    this.#other = { path, text };
    this.#version += 1;
    return (
      this.#service.getSyntacticDiagnostics(path).length === 0 &&
      this.#service.getSemanticDiagnostics(path).length === 0
    );
  }
}

/** @param {string} file within the repository */
export function textOf(file) {
  return readFileSync(join(root, file), 'utf8');
}
