import type { Lock } from '../../lib/core/index.js';
import type { Attempt, Wish } from './attempt.js';
import { Attempt as NewAttempt } from './attempt.js';
import { checkFailure } from './check-failure.js';
import { checkGrant, TokenHistory } from './check-grant.js';
import { checkLongest, checkShortest } from './check-time-held.js';
import { checkLoss, checkResumed, isForeign } from './check-loss.js';
import type { LedgerReader } from './cluster-ledger.js';
import type { SimulatedClient } from './simulated-client.js';
import type { TicketRecord } from './ticket-record.js';
import type { World } from './world.js';

/** What may be demanded in this scenario beyond what always holds. */
export interface Demands {
  /** A waiter whose turn has come knows within this time, unless its process was disturbed. */
  readonly latencyMs: number;
  /** A holder whose ticket was taken away knows within this time. */
  readonly toldMs: number;
  /** Nothing goes wrong on the way to the cluster, so no call may fail for that reason. */
  readonly noStoreErrors: boolean;
  /** Nothing happens that could cost a session. */
  readonly noSessionLoss: boolean;
}

/** Follows all callers and all queues from outside, and says what must not have happened. */
export class Referee implements LedgerReader {
  readonly attempts: Attempt[] = [];
  readonly violations: string[] = [];
  readonly tokens = new TokenHistory();
  private readonly byTicket = new Map<TicketRecord, Attempt[]>();
  /** When tickets were put, where it matters. */
  readonly arrivals = new Map<TicketRecord, number>();
  world!: World;

  constructor(public demands: Demands) {}

  get now(): number {
    return this.world.timeline.now;
  }

  protected later(ms: number, look: () => void): void {
    this.world.timeline.after(ms, look);
  }

  blame(violation: string | undefined): void {
    if (violation === undefined) return;
    this.violations.push(`at ${this.now.toFixed(1)} ms: ${violation}`);
    this.world.trace('REFEREE', () => violation);
  }

  invoked(client: SimulatedClient, wish: Wish): Attempt {
    const { attempts, now } = this;
    const attempt = new NewAttempt(attempts.length, client, wish, now);
    attempts.push(attempt);
    this.world.trace(client.name, () => `${attempt.name} asked for`);
    return attempt;
  }

  granted(attempt: Attempt, lock: Lock): void {
    attempt.onAnswered();
    attempt.lock = lock;
    attempt.state = 'holding';
    attempt.grantedAt = this.now;
    attempt.tickets = lock.guard().flatMap(({ range, to }) => {
      const ticket = this.world.ledger.find(range.key, to);
      return ticket === undefined ? [] : [ticket];
    });
    this.world.trace(
      attempt.client.name,
      () => `${attempt.name} granted, token ${lock.fencingToken}`,
    );
    for (const ticket of attempt.tickets) {
      const known = this.byTicket.get(ticket);
      if (known === undefined) this.byTicket.set(ticket, [attempt]);
      else {
        attempt.keptFrom = known[0];
        attempt.reentrant = known.some(({ state }) => state === 'holding');
        known.push(attempt);
      }
      if (ticket.deleted) this.expectLoss(attempt, ticket.deleted.time);
    }
    this.blame(checkGrant(this, attempt));
    const { signal } = lock;
    if (signal.aborted) this.lost(attempt);
    else signal.addEventListener('abort', () => this.lost(attempt));
  }

  /** The caller lets go of the lock, and from now on does not count on it. */
  released(attempt: Attempt): void {
    if (attempt.state !== 'holding') return;
    this.blame(checkLongest(this, attempt));
    attempt.state = 'over';
    attempt.endedAt = this.now;
    this.world.trace(attempt.client.name, () => `${attempt.name} released`);
  }

  /** A release has been answered. It gives up on that after a request's time. */
  givenBack(attempt: Attempt): void {
    const took = this.now - attempt.endedAt;
    const { requestTimeoutMs } = attempt.client;
    // etcd has not confirmed that a ticket is gone which was kept.
    const asked = attempt.wish.keepMs === 0;
    if (asked && took < requestTimeoutMs * 0.9 && !this.isShared(attempt))
      attempt.confirmedOut = attempt.lostAt === undefined;
  }

  private lost(attempt: Attempt): void {
    attempt.lostAt = this.now;
    const reason: unknown = attempt.lock!.signal.reason;
    this.world.trace(
      attempt.client.name,
      () => `${attempt.name} lost: ${String(reason)}`,
    );
    this.blame(checkLoss(this, attempt, reason));
    if (attempt.state !== 'holding') return;
    attempt.state = 'over';
    attempt.endedAt = this.now;
  }

  failed(attempt: Attempt, error: unknown): void {
    this.world.trace(
      attempt.client.name,
      () => `${attempt.name} failed: ${String(error)}`,
    );
    attempt.onAnswered();
    if (attempt.state === 'pending') {
      attempt.state = 'over';
      attempt.endedAt = this.now;
      this.blame(checkFailure(this, attempt, error));
    }
  }

  /** Nothing else of the process has run since it was stopped. */
  resumed(client: SimulatedClient): void {
    for (const attempt of this.holding(client))
      this.blame(checkResumed(attempt, this.world.random));
  }

  onPut(ticket: TicketRecord): void {
    const queue = this.world.ledger.queue(ticket.queue);
    const before = queue[queue.indexOf(ticket) - 1];
    const together = before?.createRevision === ticket.createRevision;
    if (
      together &&
      [before, ticket].some(({ rule }) => rule.mode !== 'permits')
    ) {
      this.blame(`two tickets of one queue were put at one revision`);
    }
    const expected = this.attempts.some(
      (attempt) =>
        attempt.client.name === ticket.owner &&
        attempt.queues.includes(ticket.queue) &&
        (attempt.state === 'pending' ||
          attempt.mayHaveLeftTickets ||
          attempt.client.lostLeases.has(ticket.lease) ||
          (attempt.tickets.length > 0 && !attempt.confirmedOut) ||
          attempt.client.process.killed),
    );
    if (!expected) this.blame(`nobody asks for ${ticket.name}, yet it was put`);
    this.expectHandOver(ticket);
  }

  onData(attemptId: number): void {
    const { tickets, name } = this.attempts[attemptId]!;
    if (tickets.some(({ deleted }) => deleted !== undefined))
      this.blame(`a guarded transaction of ${name} ran after its tickets went`);
  }

  onDeleted(ticket: TicketRecord): void {
    for (const attempt of this.byTicket.get(ticket) ?? []) {
      this.blame(checkShortest(this, attempt, ticket));
      if (!attempt.believed) continue;
      if (isForeign(ticket)) this.expectLoss(attempt, this.now);
      else {
        this.blame(
          `the ticket of ${attempt.name} went while its caller believed to hold it`,
        );
      }
    }
  }

  /** Whoever asked and was not answered. */
  get pending(): readonly Attempt[] {
    return this.attempts.filter(
      ({ state, client }) => state === 'pending' && !client.process.killed,
    );
  }

  get someoneHolds(): boolean {
    return this.attempts.some(({ state }) => state === 'holding');
  }

  /** Whether others hold the same lock, re-entrantly. */
  isShared(attempt: Attempt): boolean {
    return attempt.tickets.some((ticket) =>
      this.byTicket
        .get(ticket)!
        .some((other) => other !== attempt && other.state === 'holding'),
    );
  }

  /** When the last of those who had the lock by the same ticket before let go of it. */
  freeSince(attempt: Attempt): number {
    const before = attempt.tickets.flatMap((ticket) =>
      this.byTicket.get(ticket)!.filter((other) => other.state === 'over'),
    );
    return Math.max(0, ...before.map(({ endedAt }) => endedAt));
  }

  private holding(client: SimulatedClient): readonly Attempt[] {
    return this.attempts.filter(
      (attempt) => attempt.client === client && attempt.state === 'holding',
    );
  }

  /** Whoever keeps a lock that nobody uses gives it up to the first who comes. */
  private expectHandOver(waiter: TicketRecord): void {
    const { latencyMs } = this.demands;
    if (latencyMs === Infinity) return;
    this.arrivals.set(waiter, this.now);
    const look = () => {
      if (waiter.deleted !== undefined || waiter.admitted !== undefined) return;
      const first = this.world.ledger.queue(waiter.queue)[0]!;
      const users = this.byTicket.get(first) ?? [];
      const freeSince = Math.max(
        users.length === 0 ? Infinity : 0,
        ...users.map(({ state, endedAt, client, wish }) =>
          state === 'holding' || client.process.killed || wish.minHoldMs > 0
            ? Infinity
            : Math.max(endedAt, client.process.disturbedAt),
        ),
      );
      if (this.now - freeSince > latencyMs)
        this.blame(`${waiter.name} waits for ${first.name}, which nobody uses`);
      else this.later(latencyMs, look);
    };
    this.later(latencyMs * 1.1, look);
  }

  private expectLoss(attempt: Attempt, since: number): void {
    const { toldMs } = this.demands;
    if (toldMs === Infinity) return;
    const from = Math.max(since, attempt.client.process.disturbedAt);
    this.later(from + toldMs - this.now, () => {
      if (!attempt.believed) return;
      if (attempt.client.process.disturbedAt > from)
        this.expectLoss(attempt, since);
      else this.blame(`${attempt.name} was not told of its loss`);
    });
  }
}
