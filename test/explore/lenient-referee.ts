import { Referee } from '../simulation/referee.js';
import type { ExploredWorld } from './explored-world.js';

/** What nobody promises of the time in which an etcd that went back is not noticed yet. */
const WINDOW = [
  /was to be kept/,
  /before the turn of/,
  /while others believed/,
  /from the future/,
  /given out$/,
  /failed cleanly, but/,
  /yet it was put$/,
];

/** The referee of the simulation, who also knows what a restore excuses. */
export class LenientReferee extends Referee {
  override blame(violation: string | undefined): void {
    const { restored } = this.world as ExploredWorld;
    if (
      violation !== undefined &&
      restored &&
      WINDOW.some((one) => one.test(violation))
    )
      return;
    super.blame(violation);
  }
}
