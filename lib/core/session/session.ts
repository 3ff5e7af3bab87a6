import type { Instant } from '../time/clock.js';
import type { LeaseId } from '../store/lock-store.js';
import type { ClientContext } from '../context/client-context.js';
import { Deferred } from '../time/deferred.js';
import { SessionFence } from './session-fence.js';
import type { SessionState } from '../api/session-state.js';
import { TicketSlots } from './ticket-slots.js';
import { Validity } from './validity.js';

export interface SessionUser {
  /** Stops listening to the end of the session. */
  mute(): void;
  /** Stops using the session. */
  dismiss(): void;
}

/**
 * - `gone`: etcd no longer had it while we still relied on it
 * - `revoked`: we ended it, and etcd has confirmed that
 * - `unknown`: etcd ends it by itself, if it has not yet
 */
export type LeaseEnd = 'gone' | 'revoked' | 'unknown';

/**
 * A lease that is kept alive, and our own opinion on how long we may rely on it.
 *
 * `lost` is decided here, on this process's clocks, before etcd can let the lease expire. A lost
 * session never comes back: the lease may still live, but nobody relies on it any more.
 */
export class Session {
  readonly fence: SessionFence;
  readonly slots = new TicketSlots();
  private readonly leaseEnding = new Deferred<LeaseEnd>();
  private readonly validity: Validity;
  private readonly users = new Set<EnlistedUser>();
  private endedBecause: string | undefined;
  private toldLate = false;
  private isRetired: boolean;
  private keepAliveTimer = () => {};
  private deadlineTimer = () => {};

  constructor(
    private readonly context: ClientContext,
    readonly lease: LeaseId,
    readonly ttlMs: number,
    sentAt: Instant,
    private readonly options: {
      /** Ends when its first users have left; never shared. */
      readonly forOneUser: boolean;
      readonly onOver: (session: Session) => void;
      readonly onRenewed: (session: Session) => void;
    },
  ) {
    this.isRetired = options.forOneUser;
    this.validity = new Validity(sentAt, ttlMs);
    this.fence = new SessionFence(context, lease, this);
    context.emit({ type: 'session-opened', lease: lease.toString(16), ttlMs });
    this.planKeepAlive(ttlMs / 3);
    this.planDeadline();
  }

  /** Resolves when the session has ended, to what is known of its lease. */
  get leaseEnd(): Promise<LeaseEnd> {
    return this.leaseEnding.promise;
  }

  /** Milliseconds for which the lease is surely alive; zero when that is over. */
  remaining(): number {
    if (this.endedBecause !== undefined) return 0;
    return Math.max(0, this.validity.remaining(this.context.clock.now()));
  }

  /**
   * Whether the lease may be relied on, and the one place where it is lost by the clocks: a session
   * whose time is over ends here. A timer asks, and whoever is about to rely on it, for timers may
   * be late.
   */
  checkAlive(): boolean {
    if (this.endedBecause === undefined && this.remaining() === 0) {
      this.giveUp('its lease could not be renewed in time');
      void this.revoke();
    }
    return this.endedBecause === undefined;
  }

  /** Undefined when it is over. */
  get state(): SessionState | undefined {
    const remainingMs = this.remaining();
    if (remainingMs === 0) return undefined;
    const ttlMs = this.validity.promisedMs;
    const age = this.validity.age(this.context.clock.now());
    return {
      lease: this.lease.toString(16),
      ttlMs,
      remainingMs: Math.floor(remainingMs),
      keepAliveLagMs: Math.ceil(Math.max(0, age - ttlMs / 3)),
    };
  }

  /** Whether it has ended, for whatever reason. */
  get over(): boolean {
    return this.endedBecause !== undefined;
  }

  /** Why the session ended. */
  get detail(): string {
    return this.endedBecause ?? 'its session has not ended';
  }

  /** Takes a user on. `onOver` is called once when the session is lost or ended. */
  enlist(onOver: () => void): SessionUser {
    const user = new EnlistedUser(this, onOver);
    this.users.add(user);
    return user;
  }

  /** @internal */
  dismiss(user: EnlistedUser): void {
    if (this.users.delete(user)) this.endIfDeserted();
  }

  /** Takes no new users from the pool, and ends with the last of those it has. */
  retire(): void {
    this.isRetired = true;
    this.endIfDeserted();
  }

  get retired(): boolean {
    return this.isRetired;
  }

  private endIfDeserted(): void {
    if (this.isRetired && this.users.size === 0) void this.end();
  }

  /** Ends the session because etcd has said that its lease does not exist. */
  leaseIsGone(): void {
    if (this.endedBecause !== undefined) return;
    this.leaseEnding.resolve('gone');
    this.giveUp('its lease is gone in etcd');
  }

  /** Ends the session because nobody may rely on it any more, and tells everybody. */
  private giveUp(detail: string): void {
    this.stop(detail);
    this.context.emit({
      type: 'session-lost',
      lease: this.lease.toString(16),
      detail,
    });
    this.tellUsers();
  }

  /** Ends the session in good order: nothing relies on it any more. */
  async end(): Promise<void> {
    if (this.endedBecause !== undefined) return;
    this.stop('its session was closed');
    this.tellUsers();
    await this.revoke();
  }

  private tellUsers(): void {
    for (const user of [...this.users]) user.tell();
  }

  private stop(detail: string): void {
    this.endedBecause = detail;
    this.keepAliveTimer();
    this.deadlineTimer();
    this.options.onOver(this);
  }

  /** One try: if it fails, the lease ends by itself. */
  private async revoke(): Promise<void> {
    const ended = await this.confirmLeaseEnd();
    this.leaseEnding.resolve(ended ? 'revoked' : 'unknown');
  }

  /** Ends the lease of a session that is over. Resolves to whether etcd says that it is gone. */
  async confirmLeaseEnd(): Promise<boolean> {
    try {
      await this.context.store.revokeLease(this.lease, {
        timeoutMs: this.context.requestTimeoutMs,
      });
      return true;
    } catch (error) {
      this.context.emit({ type: 'background-failure', error: error as Error });
      return false;
    }
  }

  private planKeepAlive(inMs: number): void {
    this.keepAliveTimer = this.context.clock.setTimer(inMs, () => {
      // Planned before the call is made: one that hangs does not delay the next.
      this.planKeepAlive(this.ttlMs / 10);
      void this.keepAlive();
    });
  }

  private async keepAlive(): Promise<void> {
    const sentAt = this.context.clock.now();
    try {
      const ttlMs = await this.context.store.keepAlive(this.lease, {
        timeoutMs: this.ttlMs / 3,
      });
      if (this.endedBecause !== undefined) return;
      if (ttlMs === 'gone') {
        this.leaseIsGone();
        return;
      }
      const answeredAt = this.context.clock.now();
      const marginMs = this.validity.remaining(answeredAt);
      this.validity.renewed(sentAt, ttlMs, answeredAt);
      if (!this.checkAlive()) return;
      const lease = this.lease.toString(16);
      this.context.emit({ type: 'renewed', lease, marginMs, ttlMs });
      this.toldLate = false;
      this.keepAliveTimer();
      this.planKeepAlive(this.ttlMs / 3);
      this.planDeadline();
      this.options.onRenewed(this);
    } catch {
      // The next attempt is planned already, and the deadline stands.
    }
  }

  private planDeadline(): void {
    this.deadlineTimer();
    if (!this.checkAlive()) return;
    const left = this.remaining();
    // In good times a lease is renewed when two thirds of it are left.
    const lateAt = this.ttlMs / 3;
    const untilNext = !this.toldLate && left > lateAt ? left - lateAt : left;
    // Whole milliseconds: what is left of a fraction is too short for any timer.
    this.deadlineTimer = this.context.clock.setTimer(Math.ceil(untilNext), () =>
      this.onDeadline(),
    );
  }

  private onDeadline(): void {
    const left = this.remaining();
    if (left > 0 && left <= this.ttlMs / 3 && !this.toldLate) {
      this.toldLate = true;
      this.context.emit({
        type: 'renewal-late',
        lease: this.lease.toString(16),
        remainingMs: left,
      });
    }
    this.planDeadline();
  }
}

class EnlistedUser implements SessionUser {
  constructor(
    private readonly session: Session,
    private onOver: (() => void) | undefined,
  ) {}

  /** Once, unless it was muted. */
  tell(): void {
    const { onOver } = this;
    this.onOver = undefined;
    onOver?.();
  }

  mute(): void {
    this.onOver = undefined;
  }

  dismiss(): void {
    this.mute();
    this.session.dismiss(this);
  }
}
