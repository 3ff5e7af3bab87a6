/** Control and format characters, halves of surrogate pairs, and what breaks lines. */
const HIDDEN = /([\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])/u;

/** Text from etcd: it is never markup, and what would be invisible in it or turn it round is seen. */
export function SafeText({ text }: { readonly text: string }) {
  return (
    <bdi>
      {text
        .split(HIDDEN)
        .map((part) =>
          HIDDEN.test(part) ? (
            <span class="escape">{`\\u${codeOf(part)}`}</span>
          ) : (
            part
          ),
        )}
    </bdi>
  );
}

function codeOf(character: string): string {
  return character.codePointAt(0)!.toString(16).padStart(4, '0');
}
