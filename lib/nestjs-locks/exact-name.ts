/** With the `u` flag this is only ever half of a pair. */
const LONE_SURROGATE = /(\p{Surrogate})/u;

/**
 * Percent-encodes any string, well-formed or not, so that no two become one and none holds a `/`.
 * Half of a surrogate pair, which UTF-8 cannot say, becomes `%u` and its code: no encoding of
 * anything else has an u after a percent sign.
 */
export function exactName(text: string): string {
  return text
    .split(LONE_SURROGATE)
    .map((part) =>
      LONE_SURROGATE.test(part)
        ? `%u${part.charCodeAt(0).toString(16)}`
        : encodeURIComponent(part),
    )
    .join('');
}
