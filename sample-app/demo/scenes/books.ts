import type { ShopInstance } from '../shop-instance.js';
import type { Verdict } from '../verdict.js';

interface Posting {
  readonly instance: string;
  readonly fence: string;
  readonly writes: number;
}

/** Each account posted once, and nobody after a holder with a greater token. */
export async function booksOf(
  month: string,
  shop: ShopInstance,
): Promise<Verdict> {
  const { body } = await shop.get(`/ledger/${month}`);
  const postings = (body.postings ?? []) as Posting[];
  const rewritten = postings.filter(({ writes }) => writes !== 1).length;
  const ordered = postings.every(
    ({ fence }, at) =>
      at === 0 || BigInt(postings[at - 1]!.fence) <= BigInt(fence),
  );
  const authors = new Set(postings.map(({ instance }) => instance));
  return {
    what: `books of ${month}`,
    promised: '60 accounts, each once',
    seen: `${postings.length} accounts by ${[...authors].join(' and ')}, ${rewritten} written twice`,
    kept: postings.length === 60 && rewritten === 0 && ordered,
  };
}
