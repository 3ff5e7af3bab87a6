import type { ClientContext } from '../context/client-context.js';
import { Session } from './session.js';
import { StoreError } from '../store/lock-store.js';

/** Where the acquisitions of a queue get the session from that their tickets hang on. */
export interface SessionSource {
  /** The open one that new tickets may hang on, if there is one. */
  readonly current: Session | undefined;
  /** @throws {StoreError} when none is open and none can be opened now */
  live(): Promise<Session>;
}

/** The sessions of one client: one for each TTL, shared by all locks, and those for one lock. */
export class SessionPool {
  private readonly sources = new Map<number, SessionSource>();
  private readonly shared = new Map<number, Session>();
  private readonly opening = new Map<number, Promise<Session>>();
  private readonly granting = new Set<Promise<Session>>();
  private readonly open = new Set<Session>();
  private readonly ending = new Set<Promise<unknown>>();

  constructor(
    private readonly context: ClientContext,
    /** Called when the lease of a session was renewed that serves many. */
    private readonly onRenewed: (session: Session) => void = () => {},
  ) {}

  sharedFor(ttlMs: number): SessionSource {
    const seconds = Math.ceil(ttlMs / 1000);
    let source = this.sources.get(seconds);
    if (source === undefined) {
      source = this.sourceFor(seconds);
      this.sources.set(seconds, source);
    }
    return source;
  }

  dedicatedFor(ttlMs: number): SessionSource {
    const seconds = Math.ceil(ttlMs / 1000);
    return {
      current: undefined,
      live: () => this.grant(seconds, { forOneUser: true }),
    };
  }

  get sessions(): readonly Session[] {
    return [...this.open];
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.granting);
    for (const session of this.sessions) void session.end();
    await Promise.all(this.ending);
  }

  private sourceFor(seconds: number): SessionSource {
    const current = () => this.currentFor(seconds);
    return {
      get current() {
        return current();
      },
      live: () => this.liveFor(seconds),
    };
  }

  private currentFor(seconds: number): Session | undefined {
    const session = this.shared.get(seconds);
    return session?.checkAlive() && !session.retired ? session : undefined;
  }

  private async liveFor(seconds: number): Promise<Session> {
    const current = this.currentFor(seconds);
    if (current !== undefined) return current;
    let opening = this.opening.get(seconds);
    if (opening === undefined) {
      opening = this.grant(seconds, { forOneUser: false })
        .then((session) => {
          this.shared.set(seconds, session);
          return session;
        })
        .finally(() => this.opening.delete(seconds));
      this.opening.set(seconds, opening);
    }
    return opening;
  }

  private grant(
    seconds: number,
    options: { forOneUser: boolean },
  ): Promise<Session> {
    const granting = this.openSession(seconds, options).finally(() =>
      this.granting.delete(granting),
    );
    this.granting.add(granting);
    return granting;
  }

  private async openSession(
    seconds: number,
    options: { forOneUser: boolean },
  ): Promise<Session> {
    const { clock, store, requestTimeoutMs: timeoutMs } = this.context;
    const sentAt = clock.now();
    const { id, ttlMs } = await store.grantLease(seconds, { timeoutMs });
    const session = new Session(this.context, id, ttlMs, sentAt, {
      ...options,
      onRenewed: options.forOneUser ? () => {} : this.onRenewed,
      onOver: (ended) => this.onOver(ended),
    });
    if (!session.checkAlive()) {
      throw new StoreError(
        'timeout',
        'not-applied',
        'the lease was granted too late to rely on it',
      );
    }
    this.open.add(session);
    return session;
  }

  private onOver(session: Session): void {
    this.open.delete(session);
    this.ending.add(session.leaseEnd);
    void session.leaseEnd.then(() => this.ending.delete(session.leaseEnd));
  }
}
