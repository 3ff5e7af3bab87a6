import type { Figure, Series, Target } from '../figure.js';
import type { Outcome } from '../load.js';
import { OURS } from '../peers/index.js';
import { ratios, summary } from '../statistics.js';

/** Outcomes of the same load by several, in the same rounds. */
export class Compared {
  constructor(
    private readonly outcomes: ReadonlyMap<string, readonly Outcome[]>,
    private readonly quantity: (outcome: Outcome) => number,
  ) {}

  values(name: string): readonly number[] | undefined {
    return this.outcomes.get(name)?.map(this.quantity);
  }

  /** No figure where one of the two did not take part. */
  ratio(
    what: string,
    whose: string,
    theirs: string,
    target?: Target,
    reach?: Target,
  ): readonly Figure[] {
    const one = this.values(whose);
    const other = this.values(theirs);
    if (one === undefined || other === undefined) return [];
    return [
      {
        what:
          whose === OURS
            ? `${what} / ${theirs}`
            : `${what}: ${whose} / ${theirs}`,
        value: summary(ratios(one, other)),
        unit: '×',
        ...(target && { target }),
        ...(reach && { reach }),
      },
    ];
  }

  series(
    what: string,
    unit: string,
    better: Series['better'],
    charted = false,
  ): Series {
    const values = [...this.outcomes].map(([name, outcomes]) => ({
      name,
      value: summary(outcomes.map(this.quantity)),
    }));
    return { what, unit, better, values, charted };
  }
}
