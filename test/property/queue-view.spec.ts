import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Revision } from '../../lib/core/store/lock-store.js';
import { QueueView } from '../../lib/core/queue/queue-view.js';
import {
  admissionOf,
  histories,
  type Member,
  type QueueHistory,
} from './queue-history.js';

/** How one member learns what happens in its queue. */
interface News {
  /** How many changes after its own ticket its first read is made. */
  readonly firstReadAfter: number;
  /** Hears of every departure, or only of its own and of that of its nearest blocker. */
  readonly wide: boolean;
  /** Further reads: of what was so many changes ago. None, if undefined. */
  readonly readsOf: readonly (number | undefined)[];
}

const news: fc.Arbitrary<News> = fc.record({
  firstReadAfter: fc.oneof(fc.constant(0), fc.nat({ max: 4 })),
  wide: fc.boolean(),
  readsOf: fc.array(
    fc.option(fc.nat({ max: 4 }), { nil: undefined, freq: 2 }),
    {
      maxLength: 30,
      size: 'max',
    },
  ),
});

/** Tells a view what its news bring, change by change. */
function follow(
  history: QueueHistory,
  member: Member,
  { firstReadAfter, wide, readsOf }: News,
  check: (view: QueueView, now: Revision) => void = () => {},
): QueueView | undefined {
  const firstRead = member.created + BigInt(firstReadAfter);
  if (!history.standingAt(firstRead).includes(member)) return undefined;
  const view = new QueueView(member.name, admissionOf(member.rule));
  view.snapshot(firstRead, history.read(firstRead));
  check(view, firstRead);
  for (let now = firstRead + 1n; now <= history.last; now += 1n) {
    const left = history.leftAt(now);
    const heard =
      left && (wide || left === member || left.name === view.nearestBlocker);
    if (heard) view.deleted(left.name, now, true);
    const ago = readsOf[Number(now - firstRead) - 1];
    if (ago !== undefined) {
      const then = now - BigInt(ago);
      view.snapshot(then, history.read(then));
    }
    check(view, now);
  }
  return view;
}

const stories = fc.tuple(histories, news);

describe('A view of a queue', () => {
  it('is admitted only at a revision at which the rule lets its ticket in', () => {
    fc.assert(
      fc.property(stories, ([history, one]) => {
        for (const member of history.members)
          follow(history, member, one, ({ admittedAt }, now) => {
            if (admittedAt === undefined) return;
            expect(admittedAt).toBeLessThanOrEqual(now);
            expect(history.isLetInAt(admittedAt, member)).toBe(true);
          });
      }),
    );
  });

  it('is admitted as soon as the rule lets its ticket in, when it hears of every departure', () => {
    fc.assert(
      fc.property(stories, ([history, some]) => {
        const one = { ...some, wide: true };
        for (const member of history.members) {
          let expected: Revision | undefined;
          follow(history, member, one, ({ admittedAt }, now) => {
            if (history.isLetInAt(now, member)) expected ??= now;
            expect(admittedAt).toBe(expected);
          });
        }
      }),
    );
  });

  it('is never let in, but for permits, while the blocker stands that it names', () => {
    fc.assert(
      fc.property(stories, ([history, one]) => {
        for (const member of history.members) {
          if (member.rule.mode === 'permits') continue;
          follow(history, member, one, (view, now) => {
            const standing = history.standingAt(now);
            const blocked = standing.some(
              ({ name }) => name === view.nearestBlocker,
            );
            if (blocked) expect(history.isLetInAt(now, member)).toBe(false);
            const waits = view.ticketPresent && view.admittedAt === undefined;
            if (waits) expect(view.nearestBlocker).toBeDefined();
          });
        }
      }),
    );
  });

  it('knows that its own ticket is gone at once, and not sooner', () => {
    fc.assert(
      fc.property(stories, ([history, one]) => {
        for (const member of history.members)
          follow(history, member, one, ({ ticketPresent }, now) => {
            const stands = history.standingAt(now).includes(member);
            expect(ticketPresent).toBe(stands);
          });
      }),
    );
  });

  it('gives a token greater than those of all that may not hold together with it', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(news), (history, each) => {
        const tokens = history.members.map((member) => {
          const { value } = each.next();
          return follow(history, member, value)?.admittedAt;
        });
        for (const [index, later] of history.members.entries()) {
          for (const [before, earlier] of history.members.entries()) {
            const [lower, higher] = [tokens[before], tokens[index]];
            if (before >= index || !lower || !higher) continue;
            const together = history.standingAt(higher).includes(earlier);
            if (!together) expect(lower).toBeLessThan(higher);
            else expect(later.rule.mode).toBe(earlier.rule.mode);
          }
        }
      }),
    );
  });
});
