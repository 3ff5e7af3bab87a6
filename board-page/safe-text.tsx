import { visibleParts } from './visible-text.js';

/** Text from etcd: it is never markup, and what would be invisible in it or turn it round is seen. */
export function SafeText({ text }: { readonly text: string }) {
  return (
    <bdi>
      {visibleParts(text).map((part, index) =>
        index % 2 === 0 ? part : <span class="escape">{part}</span>,
      )}
    </bdi>
  );
}
