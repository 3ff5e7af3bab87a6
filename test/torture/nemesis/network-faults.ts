import type { Conditions, Effect } from '../network/conditions.js';
import type { NextReply } from '../network/wire.js';
import { done, type Fault, type Stage, type Trouble } from './stage.js';

/** Client and peer connections alike: places are workers and members. */
export const networkFaults: readonly Fault[] = [
  cut('client cut from one member', 5, (stage) =>
    bothWays(aWorker(stage), aMember(stage)),
  ),
  cut('client cut from all members', 5, (stage) => touching(aWorker(stage))),
  cut('client cut in one direction', 5, (stage) => {
    const pair = [aWorker(stage), aMember(stage)];
    if (stage.random.chance(0.5)) pair.reverse();
    return oneWay(pair[0]!, pair[1]!);
  }),
  cut('member cut from its peers', 1.5, (stage) =>
    amongMembers(stage, touching(aMember(stage))),
  ),
  cut('leader cut from its peers', 1.5, async (stage) => {
    const leader = await stage.cluster.leader();
    return amongMembers(stage, touching(leader?.name ?? aMember(stage)));
  }),
  cut('all members cut from each other', 0.5, (stage) =>
    amongMembers(stage, () => true),
  ),
  cut('two members cut from each other', 1.5, (stage) => {
    const [one, other] = twoMembers(stage);
    return bothWays(one, other);
  }),
  cut('member cut from another in one direction', 1.5, (stage) => {
    const [one, other] = twoMembers(stage);
    return oneWay(one, other);
  }),
  slow('slow way to the members', 3, (stage) => touching(aWorker(stage))),
  slow('slow ways between members', 1, (stage) =>
    amongMembers(stage, () => true),
  ),
  onReply('reply lost, then reset', 'is lost'),
  onReply('reset after a reply', 'is the last'),
  {
    kind: 'all connections of a client reset',
    weight: 2,
    async begin({ crew, random }) {
      const { name, wires } = random.pick(crew);
      for (const wire of wires) wire.reset();
      return done(name);
    },
  },
];

type Concerned = (from: string, to: string) => boolean;

function cut(
  kind: string,
  weight: number,
  choose: (stage: Stage) => Concerned | Promise<Concerned>,
): Fault {
  return {
    kind,
    weight,
    begin: async (stage) =>
      disturb(stage, await choose(stage), stage.random.between(200, 5_000), {
        held: true,
      }),
  };
}

function slow(
  kind: string,
  weight: number,
  choose: (stage: Stage) => Concerned,
): Fault {
  return {
    kind,
    weight,
    begin: async (stage) =>
      disturb(stage, choose(stage), stage.random.between(1_000, 5_000), {
        delayMs: stage.random.between(10, 300),
      }),
  };
}

function disturb(
  { conditions, cluster, crew }: Stage,
  concerned: Concerned,
  lastsMs: number,
  weather: NonNullable<ReturnType<Effect>>,
): Trouble {
  const end = begin(conditions, concerned, weather);
  const places = [...crew, ...cluster.members].map(({ name }) => name);
  const isMember = (place: string) => place.startsWith('m');
  const ways = places.flatMap((from) =>
    places
      .filter((to) => from !== to && (isMember(from) || isMember(to)))
      .filter((to) => concerned(from, to))
      .map((to) => `${from}>${to}`),
  );
  return { detail: ways.join(' '), lastsMs, heal: end };
}

function begin(
  conditions: Conditions,
  concerned: Concerned,
  weather: NonNullable<ReturnType<Effect>>,
): () => void {
  return conditions.add((from, to) =>
    concerned(from, to) ? weather : undefined,
  );
}

function onReply(kind: string, fate: NextReply): Fault {
  return {
    kind,
    weight: 4,
    async begin({ crew, random }) {
      const { name, wires } = random.pick(crew);
      for (const wire of wires) wire.nextReply = fate;
      return {
        detail: name,
        lastsMs: 1_000,
        heal() {
          for (const wire of wires) wire.nextReply = 'arrives';
        },
      };
    },
  };
}

const aWorker = ({ crew, random }: Stage) => random.pick(crew).name;

const aMember = ({ cluster, random }: Stage) =>
  random.pick(cluster.members).name;

function twoMembers(stage: Stage): [string, string] {
  const one = aMember(stage);
  const others = stage.cluster.members.filter(({ name }) => name !== one);
  return [one, stage.random.pick(others).name];
}

const touching =
  (place: string): Concerned =>
  (from, to) =>
    from === place || to === place;

const oneWay =
  (one: string, other: string): Concerned =>
  (from, to) =>
    from === one && to === other;

const bothWays =
  (one: string, other: string): Concerned =>
  (from, to) =>
    oneWay(one, other)(from, to) || oneWay(other, one)(from, to);

function amongMembers({ cluster }: Stage, concerned: Concerned): Concerned {
  const members = new Set(cluster.members.map(({ name }) => name));
  return (from, to) =>
    from !== to && members.has(from) && members.has(to) && concerned(from, to);
}
