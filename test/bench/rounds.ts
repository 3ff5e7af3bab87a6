/** Somebody who takes part in every round. */
interface Participant<T> {
  readonly name: string;
  run(round: number): Promise<T>;
}

/**
 * Lets everybody have their turn in every round, and somebody else begin each time: what comes and
 * goes on the machine meets all of them alike.
 *
 * @returns for each name, what its runs resolved to, in the order of the rounds
 */
export async function inTurns<T>(
  rounds: number,
  contestants: readonly Participant<T>[],
): Promise<ReadonlyMap<string, readonly T[]>> {
  const results = new Map<string, T[]>(
    contestants.map(({ name }) => [name, []]),
  );
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const one = contestants[(round + turn) % contestants.length]!;
      results.get(one.name)!.push(await one.run(round));
    }
  }
  return results;
}
