import { waitUntil } from '../../support/wait-until.js';
import { now } from '../history/history-file.js';
import { LOSSES } from '../rights.js';
import type { Fault, Stage } from './stage.js';

/** What was refused before may come to light so much later, in a process that stood still. */
const HEARD_MS = 10_000;

export const loginFaults: readonly Fault[] = [
  {
    kind: 'logins demanded',
    weight: 1.5,
    begin: (stage) =>
      behindLogins(stage, {
        detail: 'tokens end after 2 s',
        refused: [],
        begin: () => Promise.resolve(),
        end: () => Promise.resolve(),
      }),
  },
  {
    kind: 'rights revoked',
    weight: 1.5,
    begin(stage) {
      const { crew, random, rights } = stage;
      const { name } = random.pick(crew.filter(({ logsIn }) => logsIn));
      const loss = random.pick(LOSSES);
      return behindLogins(stage, {
        detail: `${loss} of ${name}`,
        refused: [name],
        begin: () => rights.take(name, loss),
        async end() {
          const given = () => rights.give(name).then(() => true);
          const what = `${name} to have its rights again`;
          await waitUntil(given, { what, timeoutMs: 60_000 });
        },
      });
    },
  },
];

interface Change {
  readonly detail: string;
  /** Who is refused by it, besides those who never log in. */
  readonly refused: readonly string[];
  begin(): Promise<void>;
  end(): Promise<void>;
}

async function behindLogins(
  { cluster, crew, history, random }: Stage,
  { detail, refused, begin, end }: Change,
) {
  const at = now();
  const strangers = crew.filter(({ logsIn }) => !logsIn);
  const heal = async () => {
    await end();
    await cluster.letEverybodyIn();
    const until = now().mono + HEARD_MS;
    for (const subject of [...refused, ...strangers.map(({ name }) => name)])
      history.add({ kind: 'refused', subject, until }, at);
  };
  try {
    await cluster.demandLogins();
    await begin();
  } catch (error) {
    // It may have happened all the same.
    await heal();
    throw error;
  }
  return { detail, lastsMs: random.between(1_000, 8_000), heal };
}
