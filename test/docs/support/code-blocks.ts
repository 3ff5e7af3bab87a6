import type { Page } from './pages.js';

export interface CodeBlock {
  readonly page: string;
  /** Of the opening fence, counted from 1. */
  readonly line: number;
  /** What stands after the fence: `ts`, `ts fragment`, `sh` … */
  readonly kind: string;
  readonly text: string;
  /** The file that its first line names, as in `// payments.ts`. */
  readonly file: string | undefined;
}

const FENCE = /^(`{3,}|~{3,})(.*)$/;

export function codeBlocks({ path, text }: Page): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { fence: string; kind: string; line: number } | undefined;
  let content: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [, fence, kind] = FENCE.exec(line.trimStart()) ?? [];
    if (open === undefined) {
      if (fence === undefined) continue;
      open = { fence, kind: kind!.trim(), line: index + 1 };
      content = [];
    } else if (fence === open.fence && kind === '') {
      blocks.push({
        page: path,
        line: open.line,
        kind: open.kind,
        text: `${content.join('\n')}\n`,
        file: /^\/\/ ([\w-]+\.ts)$/.exec(content[0] ?? '')?.[1],
      });
      open = undefined;
    } else {
      content.push(line);
    }
  }
  if (open !== undefined) {
    throw new Error(`${path}:${open.line}: a code block that does not end.`);
  }
  return blocks;
}

/** For the titles of tests. */
export function placeOf({ page, line, file }: CodeBlock): string {
  return file === undefined ? `${page}:${line}` : `${page}:${line} (${file})`;
}
