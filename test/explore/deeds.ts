import { StoreError } from '../../lib/core/index.js';
import { type Choice, ETCD, EVERYWHERE } from './agenda.js';
import type { ExploredClient } from './explored-client.js';
import type { ExploredWorld } from './explored-world.js';
import type { LenientReferee } from './lenient-referee.js';
import type { Witnessed } from './witnessed.js';

interface Stage {
  readonly world: ExploredWorld;
  readonly clients: readonly ExploredClient[];
  readonly referee: LenientReferee;
  readonly witnessed: Witnessed;
}

/** To how many changes ago etcd is set back. */
const SETBACKS = [1, 3];

/** What can go wrong besides what happens to messages. */
const DEEDS = {
  killed: (stage: Stage) =>
    ofClients(stage, 'killed', (client) => {
      const { clients, witnessed } = stage;
      if (!clients.some((one) => one !== client && !one.process.killed))
        return undefined;
      return () => {
        witnessed.endWhere((one) => one.client === client);
        client.kill();
      };
    }),
  paused: (stage: Stage) =>
    standstills(stage, 'paused', (client, resumed) => client.pause(resumed)),
  /** The monotonic clock of the machine stands still as well. */
  suspended: (stage: Stage) =>
    standstills(stage, 'suspended', (client, resumed) =>
      client.suspend(resumed),
    ),
  /** The wall clock says afterwards that no time has passed. */
  setBack: (stage: Stage) =>
    standstills(stage, 'setBack', (client, resumed) =>
      client.pause(() => {
        client.setWallBack();
        resumed();
      }),
    ),
  /** The wall clock is set forward between a grant and the work. */
  setForward: (stage: Stage) =>
    ofClients(stage, 'setForward', (client) => () => client.setWallForward()),
  watchesBroken: (stage: Stage) =>
    ofClients(stage, 'watchesBroken', ({ link, process }) => {
      if (link.openWatches === 0) return undefined;
      return () => {
        process.disturbedAt = stage.referee.now;
        link.breakWatches(new StoreError('unavailable', 'unknown', 'broke'));
      };
    }),
  watchesSilent: (stage: Stage) =>
    ofClients(stage, 'watchesSilent', ({ link }) =>
      link.openWatches === 0 ? undefined : () => link.silenceWatches(),
    ),
  /** Nothing gets through in either direction for longer than a lease lasts. */
  cutOff: (stage: Stage) =>
    ofClients(
      stage,
      'cutOff',
      (client) => () => client.cutOff(),
      () => EVERYWHERE,
    ),
  /** It may neither read nor write, and some time later it may again. */
  refused: (stage: Stage) =>
    ofClients(stage, 'refused', ({ link, process }) => {
      if (!link.hasRights) return undefined;
      return () => {
        process.disturbedAt = stage.referee.now;
        link.takeRights();
      };
    }),
  ended: ({ world }: Stage) =>
    world.liveLeases.map((lease) =>
      deed(`${world.nameOfLease(lease)}!ended`, ETCD, () => {
        world.act({ by: 'operator' }, () => world.cluster.revokeLease(lease));
      }),
    ),
  deleted: ({ world }: Stage) =>
    world.ledger.tickets.map(({ name }) =>
      deed(`${world.plain(name)}!deleted`, ETCD, () => world.delete(name)),
    ),
  /** Without a watch there is no history that anybody would miss. */
  compacted: ({ clients }: Stage) => {
    const watching = clients.filter(({ link }) => link.openWatches > 0);
    if (watching.length < 2) return [];
    return [
      deed('etcd!compacted', EVERYWHERE, () => {
        for (const { link } of watching)
          link.breakWatches(
            new StoreError('compacted', 'unknown', 'compacted'),
          );
      }),
    ];
  },
  restored: ({ world, clients }: Stage) => {
    if (world.restored) return [];
    return SETBACKS.filter((ago) => ago < world.history).map((ago) =>
      deed(`etcd!restored${ago}`, EVERYWHERE, () => {
        world.restore(ago);
        for (const client of clients) client.askNowAndThen();
      }),
    );
  },
} satisfies Record<string, (stage: Stage) => Choice[]>;

export type Deed = keyof typeof DEEDS;

/** Where a world does not say what may go wrong in it. */
export const ANYWHERE: readonly Deed[] = [
  'killed',
  'paused',
  'watchesBroken',
  'watchesSilent',
  'ended',
  'deleted',
  'compacted',
  'restored',
];

/** After these everybody is as quick as before. */
const HARMLESS: ReadonlySet<Deed> = new Set([
  'watchesBroken',
  'ended',
  'deleted',
]);

/** What can go wrong at this moment. */
export function deeds(stage: Stage, kinds: readonly Deed[]): Choice[] {
  return kinds.flatMap((kind) =>
    DEEDS[kind](stage).map((choice) => ({
      ...choice,
      harmless: HARMLESS.has(kind),
    })),
  );
}

/** `does` says what is done to a client that runs, if that can be. */
function ofClients(
  { clients }: Stage,
  kind: string,
  does: (client: ExploredClient) => (() => void) | undefined,
  placeOf = ({ name }: ExploredClient) => name,
): Choice[] {
  return clients
    .filter(({ process }) => process.running)
    .flatMap((client) => {
      const run = does(client);
      if (run === undefined) return [];
      return deed(`${client.name}!${kind}`, placeOf(client), run);
    });
}

function standstills(
  stage: Stage,
  kind: string,
  stop: (client: ExploredClient, resumed: () => void) => void,
): Choice[] {
  const { referee, witnessed } = stage;
  const stopping = (client: ExploredClient) => () => {
    witnessed.endWhere((one) => one.client === client);
    stop(client, () => referee.resumed(client));
  };
  return ofClients(stage, kind, stopping, () => EVERYWHERE);
}

function deed(name: string, place: string, run: () => void): Choice {
  return { name, owner: ETCD, place, faults: 1, run };
}
