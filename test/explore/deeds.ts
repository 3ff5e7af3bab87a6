import { StoreError } from '../../lib/core/index.js';
import type { Referee } from '../simulation/referee.js';
import { type Choice, ETCD, EVERYWHERE } from './agenda.js';
import type { ExploredClient } from './explored-client.js';
import type { ExploredWorld } from './explored-world.js';
import type { Witnessed } from './witnessed.js';

interface Stage {
  readonly world: ExploredWorld;
  readonly clients: readonly ExploredClient[];
  readonly referee: Referee;
  readonly witnessed: Witnessed;
}

/** To how many changes ago etcd is set back. */
const SETBACKS = [1, 3];

/** What can go wrong at this moment besides what happens to messages. */
export function deeds(stage: Stage): Choice[] {
  const { world, clients } = stage;
  return [
    ...clients.flatMap((client) => deedsTo(client, stage)),
    ...world.liveLeases.map((lease) =>
      deed(`${world.nameOfLease(lease)}!ended`, ETCD, () => {
        world.act({ by: 'operator' }, () => world.cluster.revokeLease(lease));
      }),
    ),
    ...compaction(stage),
    ...(world.restored
      ? []
      : SETBACKS.filter((ago) => ago < world.history).map((ago) =>
          deed(`etcd!restored${ago}`, EVERYWHERE, () => {
            world.restore(ago);
            for (const client of clients) client.askNowAndThen();
          }),
        )),
  ];
}

function deedsTo(
  client: ExploredClient,
  { clients, referee, witnessed }: Stage,
): Choice[] {
  const { name, process, link } = client;
  if (!process.running) return [];
  const others = clients.some((one) => one !== client && !one.process.killed);
  const ofClient = (one: { client: unknown }) => one.client === client;
  return [
    ...(others
      ? [
          deed(`${name}!killed`, name, () => {
            witnessed.endWhere(ofClient);
            client.kill();
          }),
        ]
      : []),
    deed(`${name}!paused`, EVERYWHERE, () => {
      witnessed.endWhere(ofClient);
      client.pause(() => referee.resumed(client));
    }),
    ...(link.openWatches > 0
      ? [
          deed(`${name}!watchesBroken`, name, () =>
            link.breakWatches(
              new StoreError('unavailable', 'unknown', 'broke'),
            ),
          ),
        ]
      : []),
  ];
}

/** Without a watch there is no history that anybody would miss. */
function compaction({ clients }: Stage): Choice[] {
  const watching = clients.filter(({ link }) => link.openWatches > 0);
  if (watching.length < 2) return [];
  return [
    deed('etcd!compacted', EVERYWHERE, () => {
      for (const { link } of watching)
        link.breakWatches(new StoreError('compacted', 'unknown', 'compacted'));
    }),
  ];
}

function deed(name: string, place: string, run: () => void): Choice {
  return { name, owner: ETCD, place, faults: 1, run };
}
