import type { Attempt } from './attempt.js';
import { Caller } from './caller.js';
import { OPERATOR } from './check-loss.js';
import { Nemesis } from './nemesis.js';
import { Random } from './random.js';
import { Referee } from './referee.js';
import { drawScenario, type Family, type Scenario } from './scenario.js';
import { SimulatedClient } from './simulated-client.js';
import { Timeline } from './timeline.js';
import type { Trace } from './trace.js';
import { FAIR_WEATHER } from './weather.js';
import { World } from './world.js';

/** After the faults have ended, nobody waits for longer than a TTL and this. */
const GRACE_MS = 5000;
const LONGEST_CALL_MS = 1000;
const CLOSING_MS = 4000;
const LONGEST_MIN_HOLD_MS = 2000;

/** Until when a ticket may stand for the sake of its shortest hold, by the slowest clock. */
function keptUntil({ grantedAt, wish, client }: Attempt): number {
  const { slept } = client.process.clock;
  return (grantedAt + wish.minHoldMs + slept + LONGEST_CALL_MS) * 1.05;
}

/** One history: clients that work, a nemesis, then peace, then the end. */
export class Simulation {
  private readonly timeline = new Timeline();
  private readonly random: Random;
  private readonly scenario: Scenario;
  private readonly referee: Referee;
  private readonly world: World;
  private readonly nemesis: Nemesis;
  private readonly operator: SimulatedClient;
  private readonly clients: SimulatedClient[] = [];
  private readonly callers: Caller[] = [];

  constructor(family: Family, seed: number, trace: Trace) {
    this.random = new Random(seed);
    this.scenario = drawScenario(family, this.random);
    this.referee = new Referee(this.scenario.demands);
    const { timeline, random, referee } = this;
    this.world = new World({
      ...this.scenario,
      timeline,
      random,
      trace: (who, what) =>
        trace(who, () => `${timeline.now.toFixed(2).padStart(9)} ${what()}`),
      reader: referee,
    });
    referee.world = this.world;
    this.operator = this.newClient(OPERATOR);
    for (let n = 1; n <= this.scenario.habits.clients; n += 1) this.join();
    this.nemesis = new Nemesis(this.world, random, this.scenario, {
      clients: () => this.clients,
      join: () => this.join(),
      resumed: (client) => referee.resumed(client),
      forceRelease: (key) => this.forceRelease(key),
    });
  }

  get attempts(): number {
    return this.referee.attempts.length;
  }

  /** What must not have happened, in the order in which it did. */
  async run(): Promise<readonly string[]> {
    try {
      await this.live();
    } catch (error) {
      this.unhandled(error);
    }
    return this.referee.violations;
  }

  private async live(): Promise<void> {
    const { referee } = this;
    const ended = () => referee.violations.length > 0;
    const over = () => ended() || this.callersDone;
    await this.timeline.run(this.scenario.chaosMs, over);
    if (!ended()) await this.makePeace();
    if (!ended()) await this.findQuiet();
    if (!ended()) await this.close();
  }

  /** Something was rejected, and nobody was there to hear of it. */
  unhandled(error: unknown): void {
    this.referee.blame(
      `unhandled: ${(error as Error)?.stack ?? String(error)}`,
    );
  }

  private async makePeace(): Promise<void> {
    const { referee, timeline, scenario } = this;
    this.world.trace('PEACE', () => 'from now on nothing goes wrong');
    this.nemesis.rest();
    for (const { link } of this.clients) link.weather = FAIR_WEATHER;
    for (const caller of this.callers) caller.hurry();
    const allDone = () => referee.violations.length > 0 || this.callersDone;
    const limit = scenario.ttlMs + GRACE_MS + LONGEST_MIN_HOLD_MS;
    await timeline.run(timeline.now + limit, allDone);
    if (allDone()) return;
    const [waiting] = referee.pending;
    referee.blame(
      waiting ? `${waiting.name} still waits` : 'a release never ends',
    );
  }

  private get alive(): readonly SimulatedClient[] {
    return [this.operator, ...this.clients].filter(
      ({ process }) => !process.killed,
    );
  }

  private get callersDone(): boolean {
    return this.callers.every(
      ({ done, client }) => done || client.process.killed,
    );
  }

  /** When all is given back and every late message has come, no ticket stands. */
  private async findQuiet(): Promise<void> {
    const { timeline, world, scenario, referee } = this;
    await timeline.run(timeline.now + 60_000, () => world.underWay === 0);
    const limit = scenario.ttlMs + LONGEST_MIN_HOLD_MS + scenario.expiryLateMs;
    const kept = Math.max(0, ...referee.attempts.map(keptUntil));
    const empty = () =>
      world.ledger.tickets.length === 0 &&
      world.underWay === 0 &&
      this.alive.every(({ link }) => link.underWay.others === 0) &&
      timeline.now > kept;
    await timeline.run(timeline.now + limit + 1000, empty);
    const [left] = world.ledger.tickets;
    if (left) referee.blame(`${left.name} stands, and nobody wants it`);
  }

  private async close(): Promise<void> {
    const { timeline, world, referee, scenario } = this;
    const { alive } = this;
    let closed = 0;
    for (const client of alive) void client.close().then(() => (closed += 1));
    const allClosed = () => closed === alive.length;
    await timeline.run(timeline.now + CLOSING_MS, allClosed);
    if (!allClosed()) referee.blame('a client does not close');
    // A last pause between two attempts may go on, and a shortest hold be ended on time.
    const { demands, habits } = scenario;
    if (!demands.noStoreErrors || habits.minHold > 0)
      await timeline.run(timeline.now + LONGEST_CALL_MS);
    for (const { name, process, link } of alive) {
      if (link.openWatches > 0) referee.blame(`${name} left watches behind`);
      // A keep-alive needs no answer once its session is over.
      if (process.clock.pendingTimers > link.underWay.keepAlives)
        referee.blame(`${name} left timers behind`);
    }
    const limit = scenario.ttlMs + scenario.expiryLateMs + 3000;
    await timeline.run(timeline.now + limit, () => world.openLeases === 0);
    if (world.openLeases > 0) referee.blame('a lease lives on');
  }

  private newClient(name: string): SimulatedClient {
    const { random, scenario } = this;
    const error = scenario.clockRateError;
    return new SimulatedClient(this.world, random, {
      ...scenario,
      name,
      maxKept: scenario.habits.maxKept,
      rate: 1 + random.between(-error, error),
      weather: name === OPERATOR ? FAIR_WEATHER : scenario.weather,
    });
  }

  private join(): void {
    const { clients, scenario, referee, random } = this;
    if (clients.length === 8) return;
    const client = this.newClient(`c${clients.length + 1}`);
    clients.push(client);
    for (let n = 0; n < scenario.habits.callersPerClient; n += 1) {
      const caller = new Caller(
        client,
        referee,
        random,
        scenario.habits,
        scenario.habits.callsPerCaller,
      );
      this.callers.push(caller);
      void caller.run();
    }
  }

  private forceRelease(key: string): void {
    void this.operator.locks.forceRelease(key);
  }
}
