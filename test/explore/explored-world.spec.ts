import { describe, expect, it } from 'vitest';
import { playAgain, readDepartures, shortened, written } from './departures.js';
import { explore, storyOf } from './exploration.js';
import type { Choice } from './agenda.js';
import { play } from './play.js';
import { type SmallWorld, WORLDS } from './worlds.js';

const once: SmallWorld['roles'][number]['act'] = (me) => me.lock();
const pair: SmallWorld = {
  name: 'pair',
  roles: [
    { client: 'c1', act: once },
    { client: 'c2', act: once },
  ],
};

const last = { client: 'c3', act: once };

/** Breaks where a watch breaks before the first caller works. */
const fragile: SmallWorld = {
  name: 'fragile',
  roles: [
    { client: 'c1', act: once },
    {
      client: 'c2',
      act: async (me) => {
        let broken = false;
        const { link } = me.client;
        const breakWatches = link.breakWatches.bind(link);
        link.breakWatches = (error) => {
          broken = true;
          breakWatches(error);
        };
        await me.lock();
        if (broken) throw new Error('fragile');
      },
    },
  ],
};

describe('a small world', () => {
  it('makes the same history twice from the same choices', async () => {
    const schedule = '12:c1!paused,14:c2.watch1!behind1';
    const story = await storyOf(pair, schedule);
    expect(story.length).toBeGreaterThan(50);
    expect(await storyOf(pair, schedule)).toEqual(story);
  });

  it('has nobody let in by a departure that a restore has undone', async () => {
    const minHold = WORLDS.find(({ name }) => name === 'minHold')!;
    const schedule = '16:c1.transact4.answer!lost,34:etcd!restored3';
    const story = await storyOf(minHold, schedule);
    expect(story.join('\n')).toContain('etcd!restored3');
    expect(story.filter((line) => line.includes('REFEREE'))).toEqual([]);
  });

  it('is looked through in every order where it is small enough', async () => {
    const found = await explore(pair, {
      faults: 0,
      schedules: 1_000,
      depth: 100,
    });
    expect(found.completeTo).toBe(Infinity);
    expect(found.failure).toBeUndefined();
    expect(found.known + found.asleep).toBeGreaterThan(50);
  }, 60_000);

  it('offers every kind of fault, and none when none is left', async () => {
    const kinds = new Set<string>();
    const director = (faultsLeft: number) => ({
      faultsLeft,
      choose(choices: readonly Choice[]) {
        for (const { name, faults } of choices)
          if (faults > 0) kinds.add(name.slice(name.indexOf('!') + 1));
        return choices[0];
      },
    });
    const three = { name: 'three', roles: [...pair.roles, last] };
    await play(three, director(0));
    expect(kinds).toEqual(new Set());
    await play(three, director(1));
    expect(kinds).toEqual(
      new Set([
        'lost',
        'late2',
        'late4',
        'late8',
        'reset',
        'behind1',
        'behind2',
        'killed',
        'paused',
        'watchesBroken',
        'watchesSilent',
        'ended',
        'deleted',
        'compacted',
        'restored1',
        'restored3',
      ]),
    );
  });

  it('tells the shortest schedule of those that fail', async () => {
    const { failure } = await explore(fragile, {
      faults: 1,
      schedules: 500,
      depth: 100,
    });
    expect(failure?.violations[0]).toContain('fragile');
    expect(failure?.departures).toHaveLength(1);
    const text = written(failure!.departures);
    expect(text).toMatch(/^\d+:c2!watchesBroken$/);
    expect(readDepartures(text)).toEqual(failure!.departures);
    const padded = [
      { step: 2, name: 'c2.grantLease1' },
      ...failure!.departures,
    ];
    expect(await shortened(fragile, padded)).toHaveLength(1);
    const { violations } = await playAgain(fragile, failure!.departures);
    expect(violations).toEqual(failure!.violations);
  }, 60_000);
});
