import { describe, expect, it } from 'vitest';
import { explore, lineOf, replayCommand, storyOf } from './exploration.js';
import { written } from './departures.js';
import { WORLDS } from './worlds.js';

const { EXPLORE_SCHEDULES = '700' } = process.env;

/** A number of schedules, not a time: it is the same on every machine. */
const SCHEDULES = Number(EXPLORE_SCHEDULES);

/** Looks through those of the worlds that `mine` says, with one fault. */
export function testWorlds(mine: (index: number) => boolean): void {
  const worlds = WORLDS.filter((_, index) => mine(index));

  describe.each(worlds)('the small world $name', (world) => {
    it('keeps every promise in every order, with one fault', async () => {
      const found = await explore(world, {
        faults: 1,
        schedules: SCHEDULES,
        depth: 200,
      });
      console.log(lineOf(found));
      if (found.failure) {
        const story = await storyOf(world, written(found.failure.departures));
        expect.fail(`${replayCommand(found)}\n\n${story.join('\n')}`);
      }
      const { schedules, completeTo } = found;
      expect(completeTo === Infinity || schedules === SCHEDULES).toBe(true);
    }, 180_000);
  });
}
