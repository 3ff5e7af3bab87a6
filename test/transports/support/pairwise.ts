/**
 * Some of `rows`, in their order, in which any two values that meet in one of the rows still meet.
 * Most mistakes need no more than two to show; all combinations of four are many times as many.
 */
export function pairwise<T>(
  rows: readonly T[],
  valuesOf: (row: T) => readonly unknown[],
): readonly T[] {
  const missing = new Set(rows.flatMap((row) => pairsOf(valuesOf(row))));
  const chosen = new Set<T>();
  while (missing.size > 0) {
    let best: { row: T; pairs: readonly string[] } | undefined;
    for (const row of rows) {
      const pairs = pairsOf(valuesOf(row)).filter((pair) => missing.has(pair));
      if (best === undefined || pairs.length > best.pairs.length)
        best = { row, pairs };
    }
    chosen.add(best!.row);
    for (const pair of best!.pairs) missing.delete(pair);
  }
  return rows.filter((row) => chosen.has(row));
}

/** Values, each with the place it stands at, two by two. */
function pairsOf(values: readonly unknown[]): string[] {
  const placed = values.map((value, place) => `${place} ${String(value)}`);
  return placed.flatMap((one, place) =>
    placed.slice(place + 1).map((other) => `${one} / ${other}`),
  );
}
