import type { Lock, StoredKey } from '../../lib/core/index.js';
import type { Attempt } from '../simulation/attempt.js';
import { isForeign } from '../simulation/check-loss.js';
import { type Demands, Referee } from '../simulation/referee.js';
import type { TicketRecord } from '../simulation/ticket-record.js';
import { NOBODY } from '../simulation/world.js';
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
  /had gone at/,
  /had heard/,
  /guarded transaction/,
];

/** Who asks a keeper, and is taken out by somebody, cannot tell that from an answer. */
const ROBBED = [/busy" about a lock that nobody used$/];

/**
 * In good times. A message takes 60 ms at most, and nobody needs more of them in a row than eight; who
 * only finds out because it looks now and then has waited for longer.
 */
const PROMPT: Demands = {
  latencyMs: 500,
  toldMs: 500,
  noStoreErrors: false,
  noSessionLoss: false,
};

const PATIENT: Demands = { ...PROMPT, latencyMs: Infinity, toldMs: Infinity };

/** How long a keeper may take to answer one who asks whether its lock is in use. */
const ANSWER_MS = 300;

/** At so many moments a client asks at most, within half a second in which it is told nothing. */
const MOST_ASKS = 6;

interface Look {
  readonly at: number;
  readonly look: () => void;
}

/** The referee of the simulation, who also knows what a restore excuses, and when nothing does. */
export class LenientReferee extends Referee {
  private looks: Look[] = [];
  private robbed = false;
  /** Whom each client has heard to have come. */
  private readonly known = new Map<string, Set<TicketRecord>>();

  private readonly asks = new Map<string, readonly number[]>();

  constructor() {
    super(PROMPT);
  }

  /** From now on nobody has to be quick. */
  disturbed(): void {
    this.demands = PATIENT;
    this.looks = [];
  }

  /** Time has passed. */
  timePassed(): void {
    const due = this.looks.filter(({ at }) => at <= this.now);
    if (due.length === 0) return;
    this.looks = this.looks.filter(({ at }) => at > this.now);
    for (const { look } of due) look();
  }

  /** A timer would be one more thing that can happen. */
  protected override later(ms: number, look: () => void): void {
    this.looks.push({ at: this.now + ms, look });
  }

  /** A client is told that somebody has come to a queue. */
  heard(client: string, { key, createRevision, value }: StoredKey): void {
    const ticket = this.world.ledger.find(key, createRevision);
    if (ticket === undefined) return;
    const known = this.known.get(client) ?? new Set();
    this.known.set(client, known.add(ticket));
    if (value.includes('"ask":true')) this.expectAnswer(client, ticket);
  }

  override onPut(ticket: TicketRecord): void {
    if (ticket.owner !== NOBODY) super.onPut(ticket);
  }

  /** A client is told something that is no answer. */
  told(client: string): void {
    this.asks.delete(client);
  }

  /** A client asks etcd for something. */
  asked(client: string): void {
    if (this.demands === PATIENT) return;
    const before = this.asks.get(client) ?? [];
    if (before.at(-1) === this.now) return;
    const asks = before.filter((at) => at > this.now - PROMPT.latencyMs);
    this.asks.set(client, [...asks, this.now]);
    if (asks.length >= MOST_ASKS)
      this.blame(`${client} asks again and again, though nothing happens`);
  }

  override granted(attempt: Attempt, lock: Lock): void {
    super.granted(attempt, lock);
    if (attempt.keptFrom === undefined || attempt.reentrant) return;
    const known = this.known.get(attempt.client.name);
    for (const { queue } of attempt.tickets) {
      const waiter = this.world.ledger
        .queue(queue)
        .find(
          (ticket) => !attempt.tickets.includes(ticket) && known?.has(ticket),
        );
      if (waiter)
        this.blame(
          `${attempt.name} took a kept lock for which its process had heard ${waiter.name} come`,
        );
    }
  }

  override onDeleted(ticket: TicketRecord): void {
    if (isForeign(ticket)) this.robbed = true;
    super.onDeleted(ticket);
  }

  override blame(violation: string | undefined): void {
    const { restored } = this.world as ExploredWorld;
    const excused = [
      ...(restored ? WINDOW : []),
      ...(this.robbed ? ROBBED : []),
    ];
    if (violation !== undefined && excused.some((one) => one.test(violation)))
      return;
    super.blame(violation);
  }

  private expectAnswer(client: string, asking: TicketRecord): void {
    if (this.demands === PATIENT) return;
    const user = this.attempts.find(
      (one) =>
        one.client.name === client &&
        one.state === 'holding' &&
        one.queues.includes(asking.queue),
    );
    this.later(ANSWER_MS, () => {
      if (user?.state === 'holding' && asking.deleted === undefined)
        this.blame(`${asking.name} is not told that ${user.name} has the lock`);
    });
  }
}
