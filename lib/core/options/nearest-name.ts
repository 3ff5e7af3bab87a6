/**
 * The known name that `name` probably stands for, if there is one: a misspelling of it, or a part
 * of it.
 */
export function nearestName(
  name: string,
  known: readonly string[],
): string | undefined {
  const given = name.toLowerCase();
  let nearest: string | undefined;
  // Of a short name two wrong letters leave too little to recognise it by.
  let fewest = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const candidate of known) {
    const edits = editsBetween(given, candidate.toLowerCase());
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest ?? theOneWith(given, known);
}

const SHORTEST_PART = 4;

function theOneWith(
  part: string,
  known: readonly string[],
): string | undefined {
  if (part.length < SHORTEST_PART) return undefined;
  const having = known.filter((name) => name.toLowerCase().includes(part));
  return having.length === 1 ? having[0] : undefined;
}

/** Letters left out, put in, replaced, and neighbours exchanged, each counted as one. */
function editsBetween(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const exchanged =
        i > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
          ? before[j - 2]! + 1
          : Infinity;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced, exchanged));
    }
    [before, row] = [row, next];
  }
  return row[to.length]!;
}
