import { NO_TRACE, type Trace } from '../simulation/trace.js';
import { Actor } from './actor.js';
import { Agenda, type Choice } from './agenda.js';
import { ANYWHERE, deeds } from './deeds.js';
import { ExploredClient, TTL_MS } from './explored-client.js';
import { ExploredWorld } from './explored-world.js';
import { nextHash } from './hash.js';
import { LenientReferee } from './lenient-referee.js';
import { Witnessed } from './witnessed.js';
import type { SmallWorld } from './worlds.js';

/** After the last fault, nobody waits for longer than a TTL and this. */
const GRACE_MS = 7_000;
const ASKED_MS = 4_000;
const MOST_STEPS = 600;
/** Whoever does so much while no time passes does not come to rest by itself. */
const MOST_AT_ONCE = 300;

export interface Director {
  /** What happens next. Undefined: the rest of this schedule is known. */
  choose(choices: readonly Choice[], state: () => number): Choice | undefined;
  /** Whether something may still go wrong. */
  readonly faultsLeft: number;
}

export interface Outcome {
  readonly violations: readonly string[];
  readonly steps: number;
  /** Whether it was played to its end. */
  readonly complete: boolean;
  /** Etcd went back, and nothing showed it to everybody. */
  readonly unnoticed: boolean;
}

let current: Play | undefined;

process.on('unhandledRejection', (error) =>
  current?.blame(`unhandled: ${(error as Error)?.stack ?? String(error)}`),
);

/** One schedule of a small world: the same choices make the same history, down to every message. */
export async function play(
  world: SmallWorld,
  director: Director,
  trace: Trace = NO_TRACE,
): Promise<Outcome> {
  const { stackTraceLimit } = Error;
  if (trace === NO_TRACE) Error.stackTraceLimit = 0;
  current = new Play(world, director, trace);
  try {
    return await current.run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    current = undefined;
  }
}

class Play {
  private readonly agenda = new Agenda();
  private readonly referee = new LenientReferee();
  private readonly witnessed = new Witnessed();
  private readonly world: ExploredWorld;
  private readonly clients = new Map<string, ExploredClient>();
  private readonly waiting = new Set<Actor>();
  private steps = 0;
  private stepsAtOnce = 0;
  private troubledAt = 0;

  constructor(
    private readonly small: SmallWorld,
    private readonly director: Director,
    private readonly trace: Trace,
  ) {
    const { agenda, referee, witnessed } = this;
    const { roles, circumstances } = small;
    this.world = new ExploredWorld(
      agenda,
      referee,
      (who, what) =>
        trace(who, () => `${agenda.now.toFixed(0).padStart(6)} ${what()}`),
      (ticket) => witnessed.take(ticket),
      circumstances,
    );
    referee.world = this.world;
    for (const [index, { client: name, act }] of roles.entries()) {
      const client =
        this.clients.get(name) ??
        new ExploredClient(this.world, name, circumstances);
      this.clients.set(name, client);
      const actor = new Actor(
        client,
        agenda,
        referee,
        witnessed,
        `${name}.${index + 1}`,
      );
      this.waiting.add(actor);
      void actor
        .moment('start')
        .then(() => act(actor))
        .catch((error: unknown) =>
          this.blame(`a caller ended with ${String(error)}`),
        )
        .finally(() => this.waiting.delete(actor));
    }
  }

  blame(violation: string): void {
    this.referee.blame(violation);
  }

  async run(): Promise<Outcome> {
    await this.agenda.settle();
    const complete = await this.live();
    if (complete && !this.ended) await this.findQuiet();
    if (complete && !this.ended && !this.unnoticed) await this.close();
    const { steps, unnoticed } = this;
    return { violations: this.referee.violations, steps, complete, unnoticed };
  }

  private get ended(): boolean {
    return this.referee.violations.length > 0;
  }

  /**
   * Whether etcd went back and somebody has not seen that: where it has caught up with what a process
   * knew before that process asks again, there is nothing to see.
   */
  private get unnoticed(): boolean {
    return this.world.restored && this.alive.some((one) => !one.sawSetback);
  }

  private get all(): readonly ExploredClient[] {
    return [...this.clients.values()];
  }

  private get alive(): readonly ExploredClient[] {
    return this.all.filter(({ process }) => !process.killed);
  }

  private async live(): Promise<boolean> {
    const { agenda, director, referee } = this;
    while (!this.ended && this.someoneActs) {
      const choices = agenda.choices(director.faultsLeft > 0);
      if (director.faultsLeft > 0)
        choices.push(...deeds(this.stage, this.small.faults ?? ANYWHERE));
      const late =
        agenda.now - this.troubledAt > TTL_MS + GRACE_MS &&
        (referee.pending.length > 0 || !referee.someoneHolds);
      if (choices.length === 0 || late || this.steps > MOST_STEPS) {
        const [waiter] = referee.pending;
        if (this.unnoticed) return true;
        this.blame(
          waiter ? `${waiter.name} is never served` : 'a release never ends',
        );
        break;
      }
      const choice = director.choose(choices, () => this.fingerprint());
      if (choice === undefined) return false;
      await this.take(choice);
    }
    return true;
  }

  private get stage() {
    const { world, referee, witnessed } = this;
    return { world, referee, witnessed, clients: this.all };
  }

  private get someoneActs(): boolean {
    return [...this.waiting].some(({ client }) => !client.process.killed);
  }

  private async take(choice: Choice): Promise<void> {
    this.steps += 1;
    const { agenda, referee } = this;
    if (choice.faults > 0) this.troubledAt = agenda.now;
    if (choice.faults > 0 && !choice.harmless) referee.disturbed();
    const before = agenda.now;
    this.trace('CHOICE', () => choice.name);
    choice.run();
    await agenda.settle();
    if (agenda.now > before) referee.timePassed();
    for (const { name, locks, maxKept } of this.all)
      if (locks.keptCount > maxKept) this.blame(`${name} keeps one too many`);
    this.stepsAtOnce = agenda.now === before ? this.stepsAtOnce + 1 : 0;
    if (this.stepsAtOnce > MOST_AT_ONCE) this.blame('nobody comes to rest');
  }

  /** The usual order, with nothing going wrong, until `done` or so much time has passed. */
  private async goOn(limitMs: number, done: () => boolean): Promise<void> {
    const { agenda } = this;
    const until = agenda.now + limitMs;
    while (!this.ended && !done() && agenda.now <= until) {
      const [usual] = agenda.choices(false);
      if (usual === undefined) return;
      await this.take(usual);
    }
  }

  /** When all is given back and every late message has come, no ticket stands. */
  private async findQuiet(): Promise<void> {
    const { agenda, world, referee } = this;
    const kept = referee.attempts.map(
      ({ grantedAt, wish }) => grantedAt + 1.1 * wish.minHoldMs,
    );
    const empty = () =>
      agenda.now >= Math.max(...kept) &&
      world.ledger.tickets.length === 0 &&
      agenda.underWay === 0 &&
      this.alive.every(
        ({ link, process }) => process.running && link.underWay.others === 0,
      );
    // All have asked by then who ever will.
    await this.goOn(ASKED_MS, empty);
    if (this.unnoticed) return;
    await this.goOn(3 * TTL_MS + GRACE_MS, empty);
    const [left] = world.ledger.tickets;
    if (left) this.blame(`${left.name} stands, and nobody wants it`);
    const verdict = world.restored ? undefined : this.witnessed.verdict();
    referee.blame(verdict);
  }

  private async close(): Promise<void> {
    const { world, alive } = this;
    let closed = 0;
    for (const client of alive) void client.close().then(() => (closed += 1));
    const allClosed = () => closed === alive.length;
    await this.goOn(4_000, allClosed);
    if (!allClosed()) this.blame('a client does not close');
    await this.goOn(1_000, () => false);
    for (const { name, process, link } of alive) {
      if (link.openWatches > 0) this.blame(`${name} left watches behind`);
      if (process.clock.pendingTimers > link.underWay.keepAlives)
        this.blame(`${name} left timers behind`);
    }
    await this.goOn(TTL_MS + 3_000, () => world.openLeases === 0);
    if (world.openLeases > 0) this.blame('a lease lives on');
  }

  private fingerprint(): number {
    const { world, agenda, referee } = this;
    const attempts = referee.attempts.map(
      ({ client, wish, state, aborted, tickets }) =>
        `${client.name} ${wish.keys.join()} ${state} ${aborted} ${tickets.length}`,
    );
    const parts = [
      world.fingerprint(),
      ...this.all.map((client) => client.fingerprint()),
      ...attempts.sort(),
      agenda.fingerprint(),
    ];
    return nextHash(0, parts.join('\n'));
  }
}
