import { LockClient } from '../../lib/core/index.js';
import { Random } from '../simulation/random.js';
import { SimulatedProcess } from '../simulation/simulated-process.js';
import type { SimulatedClient } from '../simulation/simulated-client.js';
import { NAMESPACE } from '../simulation/world.js';
import { ExploredLink } from './explored-link.js';
import type { ExploredWorld } from './explored-world.js';
import { nextHash } from './hash.js';

export const TTL_MS = 2_000;

/** What is unlike elsewhere in a world. */
export interface Circumstances {
  /** @default TTL_MS */
  readonly ttlMs?: number;
  /** Etcd grants so much less than it is asked for. */
  readonly shortfallSeconds?: number;
  /** The rates of clocks that run fast or slow, by their clients. */
  readonly rates?: Readonly<Record<string, number>>;
  readonly maxKept?: number;
}

/** Longer than a lease lasts that nobody renews. */
const PAUSE_MS = TTL_MS + 700;

const ASKS_AFTER_MS = [300, 1_300, 2_900];

/** One process of a schedule: the real locks on a link where everything waits to be chosen. */
export class ExploredClient implements SimulatedClient {
  readonly process: SimulatedProcess;
  readonly link: ExploredLink;
  readonly locks: LockClient;
  readonly requestTimeoutMs: number;
  readonly maxKept: number;
  readonly lostLeases = new Map<bigint, number>();
  closing: Promise<void> | undefined;
  sawSetback = false;
  private setsForward = false;
  /** Of everything that has reached it so far. */
  history = 0;

  constructor(
    readonly world: ExploredWorld,
    readonly name: string,
    { ttlMs = TTL_MS, rates, maxKept = 1_000 }: Circumstances = {},
  ) {
    const { agenda } = world;
    const random = new Random(1);
    this.process = new SimulatedProcess(
      name,
      agenda.viewOf(name, (timer) => this.heard(timer)),
      random,
      rates?.[name] ?? 1,
    );
    this.requestTimeoutMs = ttlMs * 0.3;
    this.maxKept = maxKept;
    this.link = new ExploredLink(world, this.process);
    this.link.onHeard = (what) => this.heard(what);
    this.link.onTold = (what) => this.told(what);
    this.locks = new LockClient({
      store: this.link,
      namespace: NAMESPACE,
      ttl: ttlMs,
      maxKept,
      label: name,
      clock: this.process.clock,
      random: () => 0.5,
    });
    this.locks.subscribe((event) => {
      world.trace(name, () => `event ${event.type}`);
      if (event.type === 'acquired' && this.setsForward) this.leap();
      if (event.type === 'revision-went-back') this.sawSetback = true;
      if (event.type === 'session-lost')
        this.lostLeases.set(BigInt(`0x${event.lease}`), agenda.now);
    });
  }

  heard(what: string): void {
    this.history = nextHash(this.history, what);
  }

  /** It is told something that is no answer. */
  told(what: string): void {
    this.heard(what);
    this.world.told(this.name);
  }

  close(): Promise<void> {
    this.closing ??= this.locks.close();
    return this.closing;
  }

  kill(): void {
    this.process.kill();
    this.link.drop();
    this.world.agenda.kill(this.name);
  }

  /** Stands still until its lease has ended; `resumed` is told first. */
  pause(resumed: () => void): void {
    this.process.pause();
    this.standStill(resumed);
  }

  /** As {@link pause}, with the machine. */
  suspend(resumed: () => void): void {
    this.process.suspend();
    this.standStill(resumed);
  }

  private standStill(resumed: () => void): void {
    const { agenda } = this.world;
    agenda.stop(this.name);
    this.process.disturbedAt = agenda.now;
    agenda.viewOf('resume').after(PAUSE_MS, () => {
      agenda.resume(this.name);
      this.process.resume(resumed);
    });
  }

  setWallBack(): void {
    this.process.clock.stepWall(-PAUSE_MS);
  }

  /** When a lock is next given to somebody, before that caller can know. */
  setWallForward(): void {
    this.setsForward = true;
  }

  private leap(): void {
    this.setsForward = false;
    this.process.clock.stepWall(PAUSE_MS);
  }

  cutOff(): void {
    const { agenda } = this.world;
    agenda.cutOff(this.name);
    agenda
      .viewOf('reconnect')
      .after(PAUSE_MS, () => agenda.reconnect(this.name));
  }

  /**
   * Makes a call now and then, as any application does. It is by its next call that an idle process
   * notices that etcd went back (docs/decisions/009).
   */
  askNowAndThen(): void {
    const time = this.world.agenda.viewOf(this.name, (timer) =>
      this.heard(timer),
    );
    for (const ms of ASKS_AFTER_MS)
      time.after(ms, () => {
        if (this.closing === undefined) this.locks.ping().catch(() => {});
      });
  }

  fingerprint(): string {
    const { name, history, process, setsForward } = this;
    const { wasStepped, slept } = process.clock;
    return `${name} ${history} ${process.running} ${process.killed} ${setsForward} ${wasStepped} ${slept}`;
  }
}
