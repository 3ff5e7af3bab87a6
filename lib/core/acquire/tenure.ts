import type { KeptEndReason } from '../api/lock-events.js';
import type { ClientContext } from '../context/client-context.js';
import type { Acquisition } from '../queue/acquisition.js';
import type { Arrivals, Keeper } from '../queue/arrivals.js';
import type { Ticket } from '../queue/ticket.js';
import type { HoldTerms } from './hold.js';
import { elapsedBetween, type Instant } from '../time/clock.js';

const nothing = () => {};

/**
 * The time for which one ticket that may be kept stands: from its admission until somebody else
 * wants the lock, or nobody here has for long enough. Between its holders it rests.
 */
export class Tenure implements Keeper {
  readonly recheckMs: number;
  private readonly arrivals: Arrivals;
  private restingSince: Instant | undefined;
  private keepMs = 0;
  /** Who held the lock last. */
  usedBy: HoldTerms | undefined;
  private reason: KeptEndReason | undefined;
  private cancelTimer = nothing;

  constructor(
    private readonly context: ClientContext,
    readonly acquisition: Acquisition,
    /** Called when it may be taken, and when it must end. */
    private readonly onChange: () => void,
  ) {
    this.recheckMs = acquisition.session.ttlMs / 3;
    this.arrivals = acquisition.hear(this);
  }

  get resting(): boolean {
    return this.restingSince !== undefined;
  }

  /** Whether the ticket may stand when its holder leaves. */
  get lasts(): boolean {
    return this.over === undefined;
  }

  /** Why it must end, by what is known at this moment. */
  get over(): KeptEndReason | undefined {
    const { session } = this.acquisition;
    if (!session.checkAlive() || session.retired || this.acquisition.ended)
      return 'lost';
    return this.reason ?? this.arrivals.over;
  }

  /** Whether the lock may be taken without asking etcd. */
  get takeable(): boolean {
    return this.lasts && this.arrivals.listening;
  }

  /** Its holder has left. */
  rest(usedBy: HoldTerms): void {
    const { keepMs } = usedBy;
    this.restingSince = this.context.clock.now();
    this.usedBy = usedBy;
    this.arrivals.rested();
    if (keepMs === this.keepMs) return;
    this.keepMs = keepMs;
    this.planEnd(keepMs);
  }

  /** Somebody has the lock again. */
  take(): void {
    this.restingSince = undefined;
  }

  /** Ends it as soon as nobody uses the lock. */
  end(reason: KeptEndReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.cancelTimer();
    this.onChange();
  }

  changed(): void {
    this.onChange();
  }

  asked(by: readonly Ticket[]): void {
    if (!this.resting) void this.acquisition.answer(by);
  }

  unheard(): void {
    this.acquisition.watchTickets();
  }

  gone(): void {
    this.acquisition.ticketGone();
    this.end('lost');
  }

  stop(): void {
    this.cancelTimer();
    this.arrivals.stop();
  }

  /** One timer for all its holders: none is set when a holder comes or leaves. */
  private planEnd(inMs: number): void {
    const { clock } = this.context;
    this.cancelTimer();
    this.cancelTimer = clock.setTimer(inMs, () => {
      const { restingSince, keepMs } = this;
      const left =
        restingSince === undefined
          ? keepMs
          : keepMs - elapsedBetween(restingSince, clock.now());
      if (left <= 0) this.end('unused');
      else this.planEnd(Math.ceil(left));
    });
  }
}
