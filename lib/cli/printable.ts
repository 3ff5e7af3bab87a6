/** Control and format characters, halves of surrogate pairs, and what breaks lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text from etcd as a terminal may have it: what could act on the terminal is written `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** One line of JSON, revisions as strings of digits, as safe for a terminal as {@link printable}. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? part.toString() : part,
  );
  return json.replace(UNPRINTABLE, escaped);
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) =>
      `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
