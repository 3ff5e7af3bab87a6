/** What East Asian scripts and pictures take: two columns of a terminal. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Yi}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;

/** What is drawn over the character before it. */
const COMBINING = /^\p{M}$/u;

/** About how many columns of a terminal a text without control characters takes. */
export function textWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** The text, or as much of its beginning as fits into so many columns. */
export function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += widthOf(character);
    // One column for what says that there is more.
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The text in lines of at most so many columns. */
export function folded(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns && line !== '') {
      lines.push(line);
      line = '';
      width = widthOf(character);
    }
    line += character;
  }
  return [...lines, line];
}

function widthOf(character: string): number {
  if (character >= ' ' && character <= '~') return 1;
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
