/** Several measurements of one thing: the middle one, and how far they lie apart. */
export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly rounds: number;
}

export function summary(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error('There is nothing to summarise.');
  return {
    median: quantile(values, 0.5),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    rounds: values.length,
  };
}

/**
 * The ratios of measurements that were made one after the other in the same round. What slows the
 * machine down for a while slows down both, and so cancels out.
 */
export function ratios(
  ours: readonly number[],
  theirs: readonly number[],
): readonly number[] {
  if (ours.length !== theirs.length) {
    throw new Error(
      `${ours.length} rounds cannot be set against ${theirs.length}.`,
    );
  }
  return ours.map((value, round) => value / theirs[round]!);
}

/** Linear between the two nearest values, as spreadsheets do it. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place % 1);
}
