import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  TicketsAhead,
  conflictBetween,
} from '../../lib/core/queue/admission.js';
import { isLetIn } from '../simulation/ticket-record.js';
import { admissionOf, rules } from './queue-history.js';

describe('The rule of admission', () => {
  it('lets in exactly those whom the words of each mode let in', () => {
    fc.assert(
      fc.property(rules, fc.array(rules, { maxLength: 5 }), (own, ahead) => {
        const queue = [...ahead, own].map((rule) => ({ rule }));
        expect(
          TicketsAhead.of(ahead.map(admissionOf)).admits(admissionOf(own)),
        ).toBe(isLetIn(queue, ahead.length));
      }),
    );
  });

  it('never shuts out again whom it has let in, when others leave', () => {
    fc.assert(
      fc.property(
        rules,
        fc.array(rules, { maxLength: 5 }),
        fc.infiniteStream(fc.boolean()),
        (own, ahead, leaves) => {
          const left = ahead.filter(() => !leaves.next().value);
          const lockMode = admissionOf(own);
          fc.pre(TicketsAhead.of(ahead.map(admissionOf)).admits(lockMode));
          expect(TicketsAhead.of(left.map(admissionOf)).admits(lockMode)).toBe(
            true,
          );
        },
      ),
    );
  });

  it('finds the same conflict from both sides, and none between those it lets in together', () => {
    fc.assert(
      fc.property(rules, rules, (one, other) => {
        const [a, b] = [admissionOf(one), admissionOf(other)];
        const conflicts = conflictBetween(a, b) !== undefined;
        expect(conflictBetween(b, a) !== undefined).toBe(conflicts);
        const alike = one.mode === other.mode && one.permits === other.permits;
        const alone = [one.mode, other.mode].includes('exclusive');
        expect(conflicts).toBe(!alike && !alone);
      }),
    );
  });
});
