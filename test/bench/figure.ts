import type { Summary } from './statistics.js';

export type Target = {
  /** As the reader is to see it. */
  readonly text: string;
  /** It is missed where one round misses it, whatever the median says. */
  readonly inEveryRound?: true;
} & ({ readonly atMost: number } | { readonly atLeast: number });

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly value: Summary;
  readonly unit: '×' | 'ms' | 'µs' | 'B' | '';
  /** Without one it is there to be compared with. */
  readonly target?: Target;
  /** More than the target asks for, and worth naming when it is reached. */
  readonly reach?: Target;
}

/** The same thing done by several: what the ratios were made from. */
export interface Series {
  readonly what: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly values: readonly {
    readonly name: string;
    readonly value: Summary;
  }[];
  /** Whether the chart shows it. */
  readonly charted?: boolean;
}

/** What one measure found. */
export interface Finding {
  readonly figures: readonly Figure[];
  readonly series?: readonly Series[];
  /** What the reader has to know to judge the figures. */
  readonly notes?: readonly string[];
}

export function isMet(value: Summary, target: Target): boolean {
  const { median, lowest, highest } = value;
  return 'atMost' in target
    ? (target.inEveryRound ? highest : median) <= target.atMost
    : (target.inEveryRound ? lowest : median) >= target.atLeast;
}

export function inEveryRound(target: Target): Target {
  return { ...target, inEveryRound: true };
}

export function atLeast(least: number, text = `≥ ${least} ×`): Target {
  return { atLeast: least, text };
}

export function atMost(most: number, text = `≤ ${most} ×`): Target {
  return { atMost: most, text };
}
