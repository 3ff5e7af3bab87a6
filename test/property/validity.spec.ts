import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../lib/core/time/clock.js';
import { Validity } from '../../lib/core/session/validity.js';

interface Renewal {
  readonly sentAt: Instant;
  readonly ttlMs: number;
}

/** Time goes by, differently on the two clocks; or a request leaves; or one of them is answered. */
type Event =
  | { readonly mono: number; readonly wall: number }
  | 'sent'
  | { readonly answered: number; readonly ttlMs: number };

const ttls = fc.integer({ min: 2_000, max: 60_000 });
const time = fc.integer({ min: 0, max: 30_000 });

const answers = fc.record({ answered: fc.nat({ max: 9 }), ttlMs: ttls });
const steadyTime = time.map((ms) => ({ mono: ms, wall: ms }));
const wildTime = fc.record({
  mono: fc.oneof(fc.constant(0), time),
  wall: fc.oneof(time, fc.integer({ min: -90_000, max: 90_000 })),
});

function eventsWith(times: fc.Arbitrary<Event>): fc.Arbitrary<Event[]> {
  const sent = fc.constant<Event>('sent');
  return fc.array(fc.oneof(times, sent, answers), { maxLength: 30 });
}

const START: Instant = { mono: 1_000, wall: 1_700_000_000_000 };

function live(
  ttlMs: number,
  events: readonly Event[],
  check: (
    validity: Validity,
    now: Instant,
    acknowledged: readonly Renewal[],
  ) => void,
): void {
  let now = START;
  const validity = new Validity(now, ttlMs);
  const acknowledged: Renewal[] = [{ sentAt: now, ttlMs }];
  const underWay: Instant[] = [];
  for (const event of events) {
    if (event === 'sent') underWay.push(now);
    else if ('mono' in event) {
      const { mono, wall } = event;
      now = { mono: now.mono + mono, wall: now.wall + wall };
    } else if (underWay.length > 0) {
      const index = event.answered % underWay.length;
      const [sentAt] = underWay.splice(index, 1) as [Instant];
      // An answer that comes when all is over revives nothing: the session does not even ask.
      if (validity.remaining(now) > 0) {
        validity.renewed(sentAt, event.ttlMs, now);
        acknowledged.push({ sentAt, ttlMs: event.ttlMs });
      }
    }
    check(validity, now, acknowledged);
  }
}

function marginOf(ttlMs: number): number {
  return Math.max(250, ttlMs / 20);
}

describe('Validity', () => {
  it('ends on either clock when what was acknowledged last counts no more', () => {
    fc.assert(
      fc.property(ttls, eventsWith(wildTime), (ttl, events) => {
        live(ttl, events, (validity, now, acknowledged) => {
          if (validity.remaining(now) <= 0) return;
          const covers = ({ sentAt, ttlMs }: Renewal) =>
            now.mono - sentAt.mono < ttlMs - marginOf(ttlMs) &&
            now.wall - sentAt.wall < ttlMs - marginOf(ttlMs);
          expect(acknowledged.some(covers)).toBe(true);
        });
      }),
    );
  });

  it('lasts for as long as the best of what was acknowledged, on clocks that agree', () => {
    fc.assert(
      fc.property(ttls, eventsWith(steadyTime), (ttl, events) => {
        live(ttl, events, (validity, now, acknowledged) => {
          const ends = acknowledged.map(
            ({ sentAt, ttlMs }) => sentAt.mono + ttlMs - marginOf(ttlMs),
          );
          const left = Math.max(...ends) - now.mono;
          expect(validity.remaining(now)).toBeCloseTo(left, 6);
        });
      }),
    );
  });
});
