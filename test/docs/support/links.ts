import type { Page } from './pages.js';

export interface Link {
  readonly target: string;
  readonly line: number;
}

/** `[text](target)`, `![text](target)` and `<https://…>`, outside code. */
export function linksIn(page: Page): Link[] {
  return proseOf(page).flatMap((line, index) =>
    [...line.matchAll(/\]\(([^()\s]+)\)|<([a-z]+:\/\/[^>]+)>/g)].map(
      ([, inBrackets, bare]) => ({
        target: inBrackets ?? bare!,
        line: index + 1,
      }),
    ),
  );
}

/** The anchors that GitHub gives to the headings of a page. */
export function anchorsOf(page: Page): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const line of proseOf(page)) {
    const [, heading] = /^#{1,6} (.+)$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return anchors;
}

/** The lines of the page, those of code blocked out. */
function proseOf({ text }: Page): string[] {
  let fence: string | undefined;
  return text.split('\n').map((line) => {
    const [, found] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
    if (found !== undefined) {
      if (fence === undefined) fence = found;
      else if (found === fence) fence = undefined;
      return '';
    }
    return fence === undefined ? line.replaceAll(/`[^`]*`/g, inlineCode) : '';
  });
}

/** A heading keeps the words of its code; a link must not be found in it. */
function inlineCode(code: string): string {
  return code.slice(1, -1).replaceAll(/[[\]()<>]/g, '');
}
