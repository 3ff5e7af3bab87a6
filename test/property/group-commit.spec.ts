import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../lib/core/store/group-commit.js';
import {
  type LeaseId,
  type Operation,
  StoreError,
  type Transaction,
  type TransactionReply,
} from '../../lib/core/store/lock-store.js';
import { MemoryStore } from '../../lib/memory/index.js';
import { Traffic } from '../core/support/traffic.js';

const MOST_OPERATIONS_IN_ETCD = 128;
const NO_SUCH_LEASE: LeaseId = 0x123n;

interface Wish {
  readonly scopes: readonly string[];
  readonly kind: 'put' | 'delete' | 'range';
  /** How many operations it consists of. */
  readonly size: number;
  /** Its comparison fails, so it takes its other branch. */
  readonly fails: boolean;
  /** etcd refuses it. */
  readonly refused: boolean;
  /** For how many turns of the microtask queue the next one waits after this. */
  readonly pause: number;
}

const often = <T>(usual: T, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 4 }, arbitrary);

const wishes: fc.Arbitrary<Wish[]> = fc.array(
  fc.record({
    scopes: often([], fc.subarray(['a', 'b', 'c'])),
    kind: fc.constantFrom('put', 'delete', 'range'),
    size: often(1, fc.integer({ min: 1, max: 119 })),
    fails: often(false, fc.boolean()),
    refused: often(false, fc.boolean()),
    pause: often(0, fc.nat({ max: 4 })),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

/** The first key that it names tells whose transaction it is. */
function transactionOf({ kind, size, fails, refused }: Wish, id: number) {
  const operations = Array.from({ length: size }, (_, n): Operation => {
    const key = `${id}/${n}`;
    if (kind !== 'put') return { kind, range: { key } };
    return { kind, key, value: '', ...(refused && { lease: NO_SUCH_LEASE }) };
  });
  const never = {
    range: { key: 'absent' },
    target: 'version',
    is: '>',
  } as const;
  return {
    compare: fails ? [{ ...never, to: 0n }] : [],
    success: operations,
    failure: [{ kind: 'range', range: { key: `${id}/0` } }],
  } satisfies Transaction;
}

function idOf({ failure: [mark] }: Transaction): number {
  return mark?.kind === 'range' ? Number.parseInt(mark.range.key) : NaN;
}

/** The numbers of the wishes in each commit, and what became of every one. */
async function commit(all: readonly Wish[]) {
  const traffic = new Traffic(new MemoryStore());
  const group = new GroupCommit(traffic, 1_000);
  const replies: Promise<TransactionReply | StoreError>[] = [];
  for (const [id, wish] of all.entries()) {
    const reply = group.submit(transactionOf(wish, id), wish.scopes);
    replies.push(reply.catch((error: StoreError) => error));
    for (let turn = 0; turn < wish.pause; turn += 1) await Promise.resolve();
  }
  const answers = await Promise.all(replies);
  const commits = traffic.transactions.map((sent) =>
    sent.failure.length > 0
      ? [idOf(sent)]
      : sent.success.flatMap((child) =>
          child.kind === 'transaction' ? [idOf(child.transaction)] : [],
        ),
  );
  return { answers, commits };
}

function wordsOf(answer: TransactionReply | StoreError): string {
  if (answer instanceof StoreError) return answer.reason;
  const { succeeded, replies } = answer;
  return [succeeded, ...replies.map(({ kind }) => kind)].join(' ');
}

function expectedWords({ kind, size, fails, refused }: Wish): string {
  if (fails) return 'false range';
  if (refused && kind === 'put') return 'lease-not-found';
  return ['true', ...Array.from({ length: size }, () => kind)].join(' ');
}

describe('GroupCommit', () => {
  it('gives everybody the reply to what they asked for, and to nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async (all) => {
        const { answers } = await commit(all);
        expect(answers.map(wordsOf)).toEqual(all.map(expectedWords));
      }),
    );
  });

  it('puts no two of one scope into one commit, and keeps their order', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async (all) => {
        const { commits } = await commit(all);
        const last = new Map<string, number>();
        for (const ids of commits) {
          const scopes = ids.flatMap((id) => all[id]!.scopes);
          expect(new Set(scopes).size).toBe(scopes.length);
          for (const id of ids)
            for (const scope of all[id]!.scopes) {
              expect(last.get(scope) ?? -1).toBeLessThanOrEqual(id);
              last.set(scope, id);
            }
        }
      }),
    );
  });

  it('never asks etcd for more operations than it takes', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async (all) => {
        const { commits } = await commit(all);
        for (const ids of commits) {
          const largest = Math.max(...ids.map((id) => all[id]!.size));
          const nested = ids.length > 1 ? ids.length : 0;
          expect(nested + largest).toBeLessThanOrEqual(MOST_OPERATIONS_IN_ETCD);
        }
      }),
    );
  });

  it('deletes before it puts, and reads last', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async (all) => {
        const { commits } = await commit(all);
        const order = ['delete', 'put', 'range'];
        for (const ids of commits) {
          const ranks = ids.map((id) => order.indexOf(all[id]!.kind));
          expect(ranks).toEqual([...ranks].sort((one, other) => one - other));
        }
      }),
    );
  });
});
