import type { Attempt } from './attempt.js';
import { isForeign } from './check-loss.js';
import type { Referee } from './referee.js';
import { mayJoin, type TicketRecord } from './ticket-record.js';

/** The fencing tokens that were given out, for each queue. */
export class TokenHistory {
  private readonly highest = new Map<string, { any: bigint; alone: bigint }>();

  /** Takes in one token. Returns the token it should have been greater than, if it is not. */
  add(queue: string, token: bigint, alone: boolean): bigint | undefined {
    const before = this.highest.get(queue) ?? { any: 0n, alone: 0n };
    const floor = alone ? before.any : before.alone;
    this.highest.set(queue, {
      any: token > before.any ? token : before.any,
      alone: alone && token > before.alone ? token : before.alone,
    });
    return token > floor ? undefined : floor;
  }
}

/** What is wrong with a lock that was just given to its caller. */
export function checkGrant(
  referee: Referee,
  attempt: Attempt,
): string | undefined {
  const { wish, tickets, name } = attempt;
  const lock = attempt.lock!;
  if (!lock.held || lock.remaining() <= 0)
    return `${name} was granted and is not held`;
  if (tickets.length < wish.keys.length)
    return `${name} was granted without its tickets`;
  const late = checkStanding(attempt);
  if (late) return late;
  if (tickets.some(isForeign)) return undefined;
  const standing = tickets.find(({ deleted }) => deleted !== undefined);
  if (standing) return `${name} was granted, but ${standing.name} is gone`;
  const early = tickets.find(({ admitted }) => admitted === undefined);
  if (early) return `${name} was granted before the turn of ${early.name}`;
  return (
    checkToken(referee, attempt) ??
    checkConflict(referee, attempt) ??
    checkCompany(referee, attempt) ??
    checkLine(referee, attempt) ??
    checkArrivals(referee, attempt) ??
    checkLatency(referee, attempt)
  );
}

/** Whoever knows as of a revision that its turn has come knows then that its ticket stands. */
function checkStanding({ tickets, lock, name }: Attempt): string | undefined {
  // Two queues are not ordered among each other.
  if (tickets.length > 1) return undefined;
  const { fencingToken } = lock!;
  const gone = tickets.find(
    ({ deleted }) => deleted !== undefined && deleted.revision < fencingToken,
  );
  return (
    gone &&
    `${name} was let in at ${fencingToken}, after ${gone.name} had gone at ${gone.deleted!.revision}`
  );
}

function checkToken(referee: Referee, attempt: Attempt): string | undefined {
  const { tickets, wish, name } = attempt;
  const token = attempt.lock!.fencingToken;
  if (token > referee.world.cluster.revision)
    return `${name} has token ${token} from the future`;
  for (const ticket of tickets) {
    if (token < ticket.admitted!.revision)
      return `${name} has token ${token}, but was let in at ${ticket.admitted!.revision}`;
    if (attempt.reentrant) continue;
    if (attempt.keptFrom !== undefined) {
      const { fencingToken } = attempt.keptFrom.lock!;
      if (token !== fencingToken)
        return `${name} has token ${token} for a lock that was kept with ${fencingToken}`;
      continue;
    }
    const floor = referee.tokens.add(
      ticket.queue,
      token,
      wish.rule.permits === 1,
    );
    if (floor !== undefined)
      return `${name} has token ${token} after ${floor} was given out`;
  }
  return undefined;
}

/** Nobody is let in behind one who has another number of permits in mind. */
function checkConflict(
  { world }: Referee,
  { tickets, name }: Attempt,
): string | undefined {
  for (const { queue, rule, createRevision } of tickets) {
    const other = world.ledger
      .queue(queue)
      .find(
        (ahead) =>
          ahead.createRevision < createRevision &&
          ahead.rule.mode === rule.mode &&
          ahead.rule.permits !== rule.permits,
      );
    if (other) return `${name} was granted behind ${other.name}, which differs`;
  }
  return undefined;
}

function checkCompany(referee: Referee, attempt: Attempt): string | undefined {
  for (const ticket of attempt.tickets) {
    const others = new Set<TicketRecord>();
    for (const other of referee.attempts) {
      if (other === attempt || !other.believed) continue;
      const theirs = other.tickets.find(({ queue }) => queue === ticket.queue);
      if (theirs && theirs !== ticket && !isForeign(theirs)) others.add(theirs);
    }
    if (
      !mayJoin(
        ticket.rule,
        [...others].map(({ rule }) => rule),
      )
    )
      return `${attempt.name} was granted while others believed to hold it`;
  }
  return undefined;
}

/** Callers of one process are served in the order they came. */
function checkLine(referee: Referee, attempt: Attempt): string | undefined {
  const { queue } = attempt.wish;
  if (queue === undefined || attempt.reentrant) return undefined;
  const passed = referee.attempts.find(
    (other) =>
      other.id < attempt.id &&
      other.wish.queue === queue &&
      other.client === attempt.client &&
      other.state === 'pending' &&
      !other.isDeparting(referee.now),
  );
  return passed && `${attempt.name} was granted before ${passed.name}`;
}

/** Nobody takes a kept lock again while somebody is known to wait for it. */
function checkArrivals(referee: Referee, attempt: Attempt): string | undefined {
  if (attempt.keptFrom === undefined || attempt.reentrant) return undefined;
  const { latencyMs } = referee.demands;
  const { disturbedAt } = attempt.client.process;
  for (const { queue } of attempt.tickets) {
    const waiter = referee.world.ledger
      .queue(queue)
      .find((ticket) => referee.arrivals.get(ticket)! > 0 && !ticket.admitted);
    const since = waiter && referee.arrivals.get(waiter)!;
    if (since && referee.now - Math.max(since, disturbedAt) > latencyMs)
      return `${attempt.name} took a kept lock that ${waiter.name} waits for`;
  }
  return undefined;
}

function checkLatency(referee: Referee, attempt: Attempt): string | undefined {
  const { latencyMs } = referee.demands;
  const turn = Math.max(
    attempt.invokedAt,
    attempt.client.process.disturbedAt,
    referee.freeSince(attempt),
    ...attempt.tickets.map(({ admitted }) => admitted!.time),
  );
  const late = referee.now - turn;
  return late > latencyMs
    ? `${attempt.name} learnt ${late.toFixed(0)} ms late that its turn had come`
    : undefined;
}
