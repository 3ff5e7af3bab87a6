import { StoreError } from '../../lib/core/index.js';
import type { Random } from './random.js';
import type { Scenario } from './scenario.js';
import type { SimulatedClient } from './simulated-client.js';
import type { World } from './world.js';

export type NemesisDeed =
  | 'cutOff'
  | 'hangLeaseCalls'
  | 'strandLease'
  | 'pause'
  | 'suspend'
  | 'stepWallForth'
  | 'stepWallBack'
  | 'kill'
  | 'join'
  | 'close'
  | 'breakWatches'
  | 'silenceWatches'
  | 'compact'
  | 'revokeLease'
  | 'deleteTicket'
  | 'forceRelease';

/** After these a process may hear of things late. */
const DISTURBING: ReadonlySet<NemesisDeed> = new Set([
  'cutOff',
  'hangLeaseCalls',
  'strandLease',
  'pause',
  'suspend',
  'breakWatches',
  'silenceWatches',
]);

/** What the nemesis does through others. */
export interface NemesisHands {
  readonly clients: () => readonly SimulatedClient[];
  readonly join: () => void;
  /** Somebody's process goes on; nothing of it has run yet. */
  readonly resumed: (client: SimulatedClient) => void;
  readonly forceRelease: (key: string) => void;
}

/** Does to the clients what happens to clients, at moments nobody chose. */
export class Nemesis {
  private resting = false;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly scenario: Scenario,
    private readonly hands: NemesisHands,
  ) {
    this.planNext();
  }

  /** Undoes what can be undone, and does no more. */
  rest(): void {
    this.resting = true;
    for (const client of this.hands.clients()) {
      client.link.cutOff = { there: 0, back: 0 };
      client.link.leaseCallsHang = { there: 0, back: 0 };
      client.link.strandAfterNext = undefined;
      this.resume(client);
    }
  }

  private planNext(): void {
    const { deedEveryMs, deeds } = this.scenario;
    this.world.timeline.after(this.random.exponential(deedEveryMs), () => {
      if (this.resting) return;
      const deed = this.random.weighted(deeds);
      if (deed === undefined) return;
      this.do(deed);
      this.planNext();
    });
  }

  private do(deed: NemesisDeed): void {
    const { random, world, hands } = this;
    const able = hands.clients().filter(({ process }) => process.running);
    if (deed === 'join') return hands.join();
    if (able.length === 0) return;
    const victim = random.pick(able);
    const { process, link } = victim;
    world.trace('NEMESIS', () => `${deed} ${victim.name}`);
    if (DISTURBING.has(deed)) process.disturbedAt = world.timeline.now;
    switch (deed) {
      case 'cutOff':
        link.cutOff = this.cut(victim);
        return;
      case 'hangLeaseCalls':
        link.leaseCallsHang = this.cut(victim);
        return;
      case 'strandLease':
        link.strandAfterNext = {
          kind: random.pick(['grantLease', 'keepAlive']),
          answerMs: random.between(0, victim.requestTimeoutMs),
          hangMs: this.scenario.ttlMs * 1.5,
        };
        return;
      case 'pause':
      case 'suspend':
        process[deed]();
        world.timeline.after(this.duration(), () => this.resume(victim));
        return;
      case 'stepWallForth':
        process.clock.stepWall(random.between(0, 4000));
        return;
      case 'stepWallBack':
        process.clock.stepWall(random.between(-8000, 0));
        return;
      case 'kill':
        if (able.length > 1) victim.kill();
        return;
      case 'close':
        if (able.length > 1) void victim.close();
        return;
      case 'breakWatches':
        link.breakWatches(new StoreError('unavailable', 'unknown', 'broken'));
        return;
      case 'silenceWatches':
        link.silenceWatches();
        return;
      case 'compact':
        for (const client of hands.clients()) {
          client.process.disturbedAt = world.timeline.now;
          client.link.breakWatches(
            new StoreError('compacted', 'unknown', 'compacted'),
          );
        }
        return;
      case 'revokeLease':
        return this.revoke();
      case 'deleteTicket':
        return this.deleteTicket();
      case 'forceRelease':
        return hands.forceRelease(
          random.pick(Object.keys(this.scenario.habits.rules)),
        );
    }
  }

  private resume(client: SimulatedClient): void {
    client.process.resume(() => this.hands.resumed(client));
  }

  private cut({ process }: SimulatedClient): { there: number; back: number } {
    const { timeline } = this.world;
    const until = timeline.now + this.duration();
    timeline.after(until - timeline.now, () => {
      process.disturbedAt = timeline.now;
    });
    const side = this.random.pick(['both', 'there', 'back'] as const);
    return {
      there: side === 'back' ? 0 : until,
      back: side === 'there' ? 0 : until,
    };
  }

  private duration(): number {
    const { ttlMs, longestDeedTtls } = this.scenario;
    return this.random.between(20, ttlMs * longestDeedTtls);
  }

  private revoke(): void {
    const { world } = this;
    const standing = world.ledger.tickets.map(({ lease }) => lease);
    const leases = standing.length > 0 ? standing : world.leases;
    if (leases.length === 0) return;
    const lease = this.random.pick(leases);
    world.act({ by: 'operator' }, () => world.cluster.revokeLease(lease));
  }

  private deleteTicket(): void {
    const { world } = this;
    const { tickets } = world.ledger;
    if (tickets.length === 0) return;
    const { name: key } = this.random.pick(tickets);
    world.act({ by: 'operator' }, () => {
      world.cluster.transact({
        compare: [],
        success: [{ kind: 'delete', range: { key } }],
        failure: [],
      });
    });
  }
}
