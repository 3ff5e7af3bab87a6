import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CodeBlock } from './code-blocks.js';
import { transpile } from './compile.js';
import { ROOT } from './pages.js';

/**
 * Blocks of code as files, which find the packages of the repository. Those of one page stand in
 * one folder, so that they can import each other by the names that their first lines give them.
 */
export class Extraction {
  readonly directory: string;

  constructor() {
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    this.directory = mkdtempSync(join(ROOT, '.cache', 'docs-'));
  }

  /** As TypeScript, to be compiled with further declarations. Returns the path of the file. */
  addSource(block: CodeBlock, declarations = ''): string {
    // Without an import or export it would be a script, whose names are global.
    const text = `${block.text}${declarations}\nexport {};\n`;
    return this.write(block, '.ts', text);
  }

  /** As JavaScript, to be imported. Returns the path of the file. */
  addProgram(block: CodeBlock): string {
    return this.write(block, '.js', transpile(block.text));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private write(block: CodeBlock, extension: string, text: string): string {
    const folder = block.page.replace(/\.md$/, '').replaceAll('/', '-');
    const name = block.file?.replace(/\.ts$/, '') ?? `line-${block.line}`;
    const path = join(this.directory, folder, name + extension);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
    return path;
  }
}
