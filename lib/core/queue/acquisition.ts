import type { ClientContext } from '../context/client-context.js';
import type { Session, SessionUser } from '../session/session.js';
import type { Revision, StoreError } from '../store/lock-store.js';
import { type Instant, latestOf, steadyBetween } from '../time/clock.js';
import { Wakeup } from '../time/wakeup.js';
import type {
  AcquisitionEnd,
  AcquisitionOutcome,
  AcquisitionTerms,
  Holder,
  Slot,
  TryOutcome,
} from './acquisition-terms.js';
import { Arrivals, type Keeper } from './arrivals.js';
import type { EntryReply } from './entry-batch.js';
import type { EntrySender } from './entry-sender.js';
import { takeOut, withOneMore } from './few.js';
import { queuesIn } from './queue-transactions.js';
import { type QueueMember, QueueWatcher } from './queue-watcher.js';
import type { RemovalOutcome } from './remove-tickets.js';
import { roomBehind } from './room.js';
import { type Ticket, ticketName } from './ticket.js';
import { TicketEntry } from './ticket-entry.js';
import { type RemovableTickets, TicketRemoval } from './ticket-removal.js';
import { TicketText } from './ticket-text.js';

const ADMITTED = { why: 'admitted' } as const;
const BUSY = { why: 'busy' } as const;

/** So often others may take the room that a try has seen, before it stands in line for it. */
const MOST_LOOKS = 2;

/**
 * One attempt to own one or more keys: its tickets, from before they are put until it is certain
 * that they are gone. All tickets are put at one revision, so acquisitions for several keys are totally
 * ordered and cannot wait for each other in a circle.
 */
export class Acquisition implements RemovableTickets, QueueMember {
  readonly slots: readonly Slot[];
  readonly membership: SessionUser;
  private readonly entry: TicketEntry;
  private readonly text: TicketText;
  private readonly removal: TicketRemoval;
  private hearing:
    { readonly arrivals: Arrivals; readonly keeper: Keeper } | undefined;
  private token: Revision | undefined;
  private ending: AcquisitionEnd | undefined;
  private holders: Holder[] = [];
  /** For how long the tickets must stand, and since when. */
  private standing: { readonly from: Instant; readonly ms: number } | undefined;
  private readonly wakeup = new Wakeup();

  constructor(
    private readonly context: ClientContext,
    readonly session: Session,
    private readonly terms: AcquisitionTerms,
  ) {
    this.text = new TicketText(context, terms.value, terms.keeps);
    this.slots = terms.prefixes.map((prefix) => this.takeSlot(prefix));
    this.entry = new TicketEntry(
      context,
      session,
      terms,
      this.slots,
      this.text,
    );
    this.membership = session.enlist(() => this.end({ why: 'session-over' }));
    this.removal = new TicketRemoval(context, this);
    if (!session.checkAlive()) this.end({ why: 'session-over' });
  }

  /** Resolves when nothing of this acquisition is left in etcd, or its lease is what will remove it. */
  get removed(): Promise<RemovalOutcome> {
    return this.removal.removed;
  }

  /** Whether {@link removed} is known. */
  get isGone(): boolean {
    return this.removal.over;
  }

  get entrySender(): EntrySender {
    return this.entry.sender;
  }

  /** What goes wrong on the way to the store; undefined while it answers. */
  get trouble(): StoreError | undefined {
    return this.entrySender.trouble;
  }

  /**
   * Adds a holder of the keys, which hears if the acquisition has ended since it was admitted, or
   * when it does.
   */
  addHolder(holder: Holder): void {
    this.holders = withOneMore(this.holders, holder);
    if (this.ending !== undefined) holder.acquisitionEnded(this.ending);
  }

  /**
   * With the last holder the tickets may go, but not before `standMs` of any of them have passed.
   *
   * @returns whether it was the last
   */
  removeHolder(holder: Holder, standMs: number): boolean {
    takeOut(this.holders, holder);
    if (standMs > 0 && standMs > this.standLeft)
      this.standing = { from: this.context.clock.now(), ms: standMs };
    const left = this.standLeft;
    if (!this.held && left > 0) this.removeIn(left);
    return !this.held;
  }

  /** Whether somebody has the keys by it. */
  get held(): boolean {
    return this.holders.length > 0;
  }

  private get standLeft(): number {
    if (this.standing === undefined) return 0;
    const { from, ms } = this.standing;
    return ms - steadyBetween(from, this.context.clock.now());
  }

  /** Whether the tickets are known to have been put. */
  get queued(): boolean {
    return this.entry.done;
  }

  /** The revision at which the last of the keys was known to be ours. */
  get fencingToken(): Revision {
    return this.token!;
  }

  /** When the last departure was heard of that it waited for. */
  get clearedAt(): Instant | undefined {
    return latestOf(this.slots.map(({ watcher }) => watcher.heardAt));
  }

  get aheadCount(): number {
    return Math.max(
      ...this.slots.map(({ watcher }) => watcher.view.aheadCount),
    );
  }

  /** Those of our tickets that were seen in etcd. */
  get tickets(): readonly Ticket[] {
    return this.slots.flatMap(({ prefix, name, watcher }) => {
      const { createRevision } = watcher.view;
      return createRevision === undefined
        ? []
        : [{ prefix, name, createRevision }];
    });
  }

  /** Whether its tickets are gone, or to go. */
  get ended(): boolean {
    return this.ending !== undefined;
  }

  /** Whether another acquisition may take this one's tickets out in its own transaction. */
  get canBeReplaced(): boolean {
    return this.ending === undefined && !this.entrySender.copiesAtLarge;
  }

  /**
   * Enters the queues, in one transaction that also takes out the tickets of `replaced`, and
   * resolves when admitted to all of them, or with the reason why that will not happen.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  async enter(
    onQueued: () => void,
    replaced?: Acquisition,
  ): Promise<AcquisitionOutcome> {
    const leaving = replaced?.tickets ?? [];
    replaced?.stop();
    const entering = this.entry.put(leaving);
    void replaced?.removal.leaveTo(entering, this.entrySender);
    this.entered(await entering);
    if (!this.decided) {
      onQueued();
      for (const { watcher } of this.slots) watcher.wait();
    }
    while (!this.decided) await this.wakeup.sleep();
    return this.outcome();
  }

  /**
   * Enters the queues only if that admits it at once. `'busy'` leaves nothing in etcd that was not
   * seen to stand behind others, and writes nothing unless others kept taking the room that was seen.
   *
   * @throws {StoreError} one that trying again does not cure
   */
  async tryOnce(): Promise<TryOutcome> {
    let seen: Revision = 0n;
    let refusedUnseen = false;
    let looks = 0;
    while (looks < MOST_LOOKS) {
      const condition = { kind: 'try', seen } as const;
      const reply = await this.entry.send(condition);
      if (reply === undefined) return this.outcome();
      if (this.entry.takeIn(reply)) {
        this.entered(reply);
        return this.tried();
      }
      const queues = queuesIn(reply).map(({ keys }) => keys);
      const nobodyCame = queues
        .flat()
        .every((key) => key.createRevision <= condition.seen);
      if (nobodyCame) {
        // Who kept the tickets out may have left in the same commit. Otherwise it was the epoch.
        if (refusedUnseen) await this.entrySender.renewEpoch();
        refusedUnseen = true;
        continue;
      }
      const found = roomBehind(queues, this.terms.lockMode, reply.before);
      if (found.why === 'conflict') this.end(found);
      if (this.ending !== undefined) return this.ending;
      if (found.why === 'taken') return BUSY;
      if (found.why === 'kept') return this.ask(found.keepers);
      seen = reply.revision;
      looks += 1;
    }
    this.entered(await this.entry.put([]));
    return this.tried();
  }

  /**
   * Where a ticket may be kept, whoever only tries cannot see whether the lock is in use. It stands
   * behind, and the keeper lets it in, or takes its ticket out.
   */
  private async ask(keepers: readonly string[]): Promise<TryOutcome> {
    this.text.ask();
    this.entered(await this.entry.put([]));
    if (!this.decided) for (const { watcher } of this.slots) watcher.wait();
    const waitsForOthers = () =>
      this.slots.some(({ watcher: { view } }) =>
        view.waitsForOthersThan(keepers),
      );
    while (!this.decided && !waitsForOthers()) await this.wakeup.sleep();
    const gone = this.ending?.why === 'ticket-gone';
    return gone ? BUSY : this.tried();
  }

  /** Whether its ticket says that it may be kept. Such a one is for one key. */
  get keeps(): boolean {
    return this.terms.keeps;
  }

  /** Begins to hear who comes to the queue behind the ticket. */
  hear(keeper: Keeper): Arrivals {
    const arrivals = new Arrivals(
      this.context,
      this.tickets[0]!,
      keeper,
      this.entry.aloneAt,
    );
    this.hearing = { arrivals, keeper };
    return arrivals;
  }

  /** Hears of the end of its tickets by themselves, no longer with who comes. */
  watchTickets(): void {
    if (this.ended) return;
    for (const { watcher } of this.slots) watcher.hold({ keeps: false });
  }

  /** The ticket was found missing. */
  ticketGone(): void {
    this.end({ why: 'ticket-gone' });
  }

  /** Tells those who ask that the lock is in use. Where that fails, their patience ends. */
  answer(asking: readonly Ticket[]): Promise<void> {
    return this.text.answer(this.tickets[0]!, this.session.lease, asking);
  }

  /** Takes the tickets out of etcd, for as long as that takes. See {@link removed}. */
  remove(): void {
    this.stop();
    this.removal.begin();
  }

  /**
   * Gives the keys up, but leaves the tickets standing for `ms` on a lease of their own, so that
   * nobody else is admitted sooner, whatever becomes of this process.
   */
  removeIn(ms: number): void {
    this.stop();
    this.removal.beginIn(ms, this.text.plain);
  }

  /** The store has gone back: what was known of the queues may never have happened. */
  startAnew(): void {
    for (const { watcher } of this.slots) watcher.startAnew();
  }

  /** Replaces what the tickets say. Their places stay; a failure is only reported. */
  rewrite(value: string): Promise<void> {
    return this.text.rewrite(this.tickets, this.session.lease, value);
  }

  get recheckMs(): number {
    return this.session.ttlMs / 3;
  }

  changed(): void {
    this.look();
    this.wakeup.wake();
  }

  refused(error: StoreError): void {
    this.end({ why: 'refused', error });
  }

  gone(): void {
    this.terms.onGone(this);
  }

  private takeSlot(prefix: string): Slot {
    const number = this.session.slots.take(prefix);
    const name = ticketName(prefix, this.session.lease, number);
    const watcher = new QueueWatcher(
      this.context,
      prefix,
      name,
      this.terms.lockMode,
      this,
    );
    return { prefix, name, number, watcher };
  }

  private entered(reply: EntryReply | undefined): void {
    if (reply && this.entry.showsStray(reply)) this.end({ why: 'ticket-gone' });
    this.look();
  }

  private look(): void {
    if (!this.queued || this.ending !== undefined) return;
    let latest: Revision = 0n;
    let waits = false;
    let conflict: string | undefined;
    for (const { watcher } of this.slots) {
      const { view } = watcher;
      if (!view.ticketPresent) {
        this.end({ why: 'ticket-gone' });
        return;
      }
      conflict ??= view.conflict;
      if (view.admittedAt === undefined) waits = true;
      else if (view.admittedAt > latest) latest = view.admittedAt;
    }
    if (conflict !== undefined) this.end({ why: 'conflict', detail: conflict });
    else if (!waits && this.token === undefined) this.admit(latest);
  }

  /** After a pause, news may come before what the clocks say of the session: the clocks are asked first. */
  private admit(revision: Revision): void {
    if (!this.session.checkAlive()) return;
    this.token = revision;
    for (const { watcher } of this.slots) watcher.hold({ keeps: this.keeps });
    this.wakeup.wake();
  }

  private get decided(): boolean {
    return this.ending !== undefined || this.token !== undefined;
  }

  private outcome(): AcquisitionOutcome {
    return this.ending ?? ADMITTED;
  }

  private tried(): TryOutcome {
    return this.decided ? this.outcome() : BUSY;
  }

  /** The same: a ticket may be gone because its lease is over. */
  private end(end: AcquisitionEnd): void {
    this.session.checkAlive();
    if (this.ending !== undefined) return;
    this.stop(end);
    this.hearing?.keeper.changed();
    if (this.token === undefined) return;
    for (const holder of [...this.holders]) holder.acquisitionEnded(end);
  }

  private stop(end: AcquisitionEnd = { why: 'abandoned' }): void {
    this.ending ??= end;
    this.membership.mute();
    void this.entrySender.stop();
    for (const { watcher } of this.slots) watcher.end();
    this.hearing?.arrivals.stop();
    this.wakeup.wake();
  }
}
