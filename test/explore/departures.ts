import type { Choice } from './agenda.js';
import { type Director, type Outcome, play } from './play.js';
import type { Trace } from '../simulation/trace.js';
import type { SmallWorld } from './worlds.js';

/** Something that happens at a step of a schedule instead of the usual. */
export interface Departure {
  readonly step: number;
  readonly name: string;
}

/** Plays one schedule again: the usual, but for its departures, each as soon as it can happen. */
class Again implements Director {
  readonly faultsLeft = 1;
  private step = 0;
  private readonly left: Departure[];

  constructor(departures: readonly Departure[]) {
    this.left = [...departures];
  }

  choose(choices: readonly Choice[]): Choice {
    const [next] = this.left;
    const due = next !== undefined && next.step <= this.step;
    this.step += 1;
    const choice = due && choices.find(({ name }) => name === next.name);
    if (!choice) return choices[0]!;
    this.left.shift();
    return choice;
  }
}

export function playAgain(
  world: SmallWorld,
  departures: readonly Departure[],
  trace?: Trace,
): Promise<Outcome> {
  return play(world, new Again(departures), trace);
}

/** Leaves out every departure without which the schedule fails as well. */
export async function shortened(
  world: SmallWorld,
  departures: readonly Departure[],
): Promise<readonly Departure[]> {
  for (const one of departures) {
    const others = departures.filter((other) => other !== one);
    const { violations } = await playAgain(world, others);
    if (violations.length > 0) return shortened(world, others);
  }
  return departures;
}

/** `12:c1.transact3!lost,15:c2.timer1`, and nothing for the usual order. */
export function written(departures: readonly Departure[]): string {
  return departures.map(({ step, name }) => `${step}:${name}`).join(',');
}

export function readDepartures(text: string): readonly Departure[] {
  return text
    .split(',')
    .filter((one) => one !== '')
    .map((one) => {
      const colon = one.indexOf(':');
      return { step: Number(one.slice(0, colon)), name: one.slice(colon + 1) };
    });
}
