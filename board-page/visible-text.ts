/**
 * Control and format characters, halves of surrogate pairs, what breaks lines, blanks other than
 * the plain one, and what is drawn as nothing.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u;

/** The text in pieces; those at odd places stand for a character that would not be seen. */
export function visibleParts(text: string): readonly string[] {
  return text
    .split(new RegExp(`(${HIDDEN.source})`, 'u'))
    .map((part, index) => (index % 2 === 0 ? part : escaped(part)));
}

/** For where there is text only, such as a tooltip. */
export function visibleText(text: string): string {
  return visibleParts(text).join('');
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!.toString(16).padStart(4, '0');
  return code.length > 4 ? `\\u{${code}}` : `\\u${code}`;
}
