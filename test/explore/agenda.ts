import { Timeline } from '../simulation/timeline.js';

/** Where an event takes effect. `everywhere`: it moves the clocks, or touches more than one place. */
export type Place = string;
export const EVERYWHERE: Place = 'everywhere';
export const ETCD: Place = 'etcd';

/** One thing that can happen next. */
export interface Choice {
  /** The same in every schedule in which the same thing can happen. */
  readonly name: string;
  /** The client on whose account it happens, or `etcd`. */
  readonly owner: string;
  readonly place: Place;
  /** How many faults it is. */
  readonly faults: 0 | 1;
  /** It goes wrong before its turn has come: another order as well as a fault. */
  readonly outOfTurn?: boolean;
  /** It makes nobody slower. */
  readonly harmless?: boolean;
  readonly run: () => void;
}

/** What may happen to a message instead of its arrival. */
export interface Mishap {
  readonly name: string;
  /**
   * Nobody can tell when it happened: it is offered once, as soon as the message is on its way, for
   * whatever can happen after a later loss can happen after that one.
   */
  readonly unseen?: boolean;
  /** As in {@link Choice}. */
  readonly harmless?: boolean;
  readonly run: () => void;
}

/** A message on its way, or a decision somebody is about to take: it may come now or a little later. */
export interface Posted {
  readonly name: string;
  readonly owner: string;
  readonly place: Place;
  /** What it says, as far as that may make a difference to whoever hears it. */
  readonly content: string;
  readonly run: () => void;
  readonly faults?: readonly Mishap[];
  /** Messages of one channel come in order. */
  readonly channel?: string;
  /** Whose way to etcd it takes. */
  readonly via?: string;
  /** By when it has come, unless something goes wrong. */
  readonly withinMs?: number;
  /** It usually comes after so many other things of its owner. @default 0 */
  readonly afterTurns?: number;
}

interface Waiting extends Posted {
  latest: number;
  /** Whose turn it is first has done less. */
  readonly turn: number | undefined;
  /** Whether what nobody can see has been offered for it. */
  offered: boolean;
}

interface Timer {
  readonly name: string;
  readonly owner: string;
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

/** What is not late comes within this time. It is shorter than any timeout of a request. */
export const LATENCY_MS = 60;

/** Timers of two processes that are due so closely together may fire in either order. */
const TOGETHER_MS = 5;

// Taken at load, so that nobody's fake timers reach them. They wait for no time to pass.
const nextTurn = setImmediate;
const nextTick = process.nextTick;
const TURN_EVERY = 32;

/**
 * Everything that can happen next, under a virtual clock. Messages take no time that anybody could
 * measure; time passes when a timer fires, and never beyond the moment at which a message is late.
 */
export class Agenda {
  now = 0;
  private waiting: Waiting[] = [];
  private readonly timers = new Set<Timer>();
  private readonly made = new Map<string, number>();
  private readonly done = new Map<string, number>();
  private readonly asleep = new Set<string>();
  private readonly cut = new Set<string>();
  private readonly dead = new Set<string>();
  private settled = 0;

  /** The virtual time as one process sees it; its timers are choices here. */
  viewOf(owner: string, onFired: (timer: string) => void = () => {}): Timeline {
    return new AgendaView(this, owner, onFired);
  }

  post(posted: Posted): void {
    const { withinMs = LATENCY_MS, afterTurns, owner, place } = posted;
    if (this.dead.has(place)) return;
    const latest = this.now + withinMs;
    const turn = afterTurns && this.turnsOf(owner) + afterTurns;
    this.waiting.push({ ...posted, latest, turn, offered: false });
  }

  /** Takes back whatever waits in a channel. */
  dropChannel(channel: string): void {
    this.waiting = this.waiting.filter((one) => one.channel !== channel);
  }

  /** Nothing reaches a process that stands still, and none of its timers fires. */
  stop(owner: string): void {
    this.asleep.add(owner);
  }

  resume(owner: string): void {
    this.asleep.delete(owner);
    this.comeSoon(({ place }) => place === owner);
  }

  /** No message gets through between a process and etcd. */
  cutOff(owner: string): void {
    this.cut.add(owner);
  }

  reconnect(owner: string): void {
    this.cut.delete(owner);
    this.comeSoon(({ via }) => via === owner);
  }

  /** The process is gone; what it has sent is on its way. */
  kill(owner: string): void {
    this.dead.add(owner);
    this.waiting = this.waiting.filter(({ place }) => place !== owner);
    for (const timer of this.timers)
      if (timer.owner === owner) this.timers.delete(timer);
  }

  setTimer(
    owner: string,
    ms: number,
    fire: (timer: string) => void,
  ): () => void {
    const order = (this.made.get(owner) ?? 0) + 1;
    this.made.set(owner, order);
    const due = this.now + Math.max(0, ms);
    const name = `${owner}.timer${order}`;
    const timer = { name, owner, due, order, run: () => fire(name) };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  get underWay(): number {
    return this.waiting.length;
  }

  /** What can happen next, the usual first; with what may go wrong, if that is wanted. */
  choices(withFaults: boolean): Choice[] {
    const open = this.openMessages();
    const usual = open.filter((one) => !this.isKeptBack(one));
    const keptBack = open.filter((one) => this.isKeptBack(one));
    const all = [
      ...usual.map((one) => this.choiceOf(one)),
      ...this.dueTimers(open),
      ...keptBack.map((one) => this.choiceOf(one)),
    ];
    if (!withFaults) return all;
    for (const one of open) {
      for (const mishap of one.faults ?? []) {
        if (mishap.unseen && one.offered) continue;
        all.push(this.mishapOf(one, mishap, one !== open[0]));
      }
      one.offered = true;
    }
    return all;
  }

  /** Everything that only waits for promises happens before the next choice. */
  async settle(): Promise<void> {
    this.settled += 1;
    const later = this.settled % TURN_EVERY === 0 ? nextTurn : nextTick;
    await new Promise<void>((resolve) => later(resolve));
  }

  /** What is going to happen, by names and distances in time, in an order that does not matter. */
  fingerprint(): string {
    const { now } = this;
    const messages = this.waiting.map(
      ({ name, content, latest, turn, owner }) =>
        [
          name,
          content,
          Math.round(latest - now),
          turn && turn - this.turnsOf(owner),
        ].join(' '),
    );
    const timers = [...this.timers].map(
      ({ name, due }) => `${name} ${Math.round(due - now)}`,
    );
    return `${messages.sort().join('\n')}\n${timers.sort().join('\n')}\n${[...this.asleep, '', ...this.cut].join()}`;
  }

  private comeSoon(which: (one: Waiting) => boolean): void {
    for (const one of this.waiting)
      if (which(one)) one.latest = this.now + LATENCY_MS;
  }

  private openMessages(): Waiting[] {
    const channels = new Set<string>();
    const open: Waiting[] = [];
    for (const one of this.waiting) {
      if (this.asleep.has(one.place)) continue;
      if (one.via !== undefined && this.cut.has(one.via)) continue;
      if (one.channel !== undefined) {
        if (channels.has(one.channel)) continue;
        channels.add(one.channel);
      }
      open.push(one);
    }
    // Whoever has done least is served first: an order that depends on the state alone.
    const rank = ({ owner, turn }: Waiting) => {
      const done = this.turnsOf(owner);
      if (turn === undefined) return done;
      return turn <= done ? -1 : Infinity;
    };
    const ranks = new Map(open.map((one) => [one, rank(one)]));
    return open.sort((one, other) => {
      const [first, second] = [ranks.get(one)!, ranks.get(other)!];
      if (first !== second) return first < second ? -1 : 1;
      return one.name < other.name ? -1 : 1;
    });
  }

  /** Whether other things have to happen before it usually comes, be they timers. */
  private isKeptBack({ turn, owner }: Waiting): boolean {
    return (
      turn !== undefined && turn !== Infinity && turn > this.turnsOf(owner)
    );
  }

  private turnsOf(owner: string): number {
    return this.done.get(owner) ?? 0;
  }

  private choiceOf(one: Waiting): Choice {
    const { name, owner, place, run } = one;
    const perform = () => {
      this.takeOut(one);
      this.done.set(owner, this.turnsOf(owner) + 1);
      run();
    };
    return { name, owner, place, faults: 0, run: perform };
  }

  /** What nobody sees is nobody's turn: the order of all the rest stays what it was. */
  private mishapOf(
    one: Waiting,
    { name: what, unseen, harmless = false, run }: Mishap,
    early: boolean,
  ): Choice {
    const { owner, place } = one;
    const name = `${one.name}!${what}`;
    const perform = () => {
      this.takeOut(one);
      if (!unseen) this.done.set(owner, this.turnsOf(owner) + 1);
      run();
    };
    const outOfTurn = early && !unseen;
    return {
      name,
      owner,
      place,
      faults: 1,
      outOfTurn,
      harmless,
      run: perform,
    };
  }

  private takeOut(one: Waiting): void {
    this.waiting.splice(this.waiting.indexOf(one), 1);
  }

  private dueTimers(open: readonly Waiting[]): Choice[] {
    const limit = open.reduce(
      (least, { latest }) => Math.min(least, latest),
      Infinity,
    );
    const first = new Map<string, Timer>();
    for (const timer of this.timers) {
      if (this.asleep.has(timer.owner)) continue;
      const known = first.get(timer.owner);
      if (known === undefined || isBefore(timer, known))
        first.set(timer.owner, timer);
    }
    const candidates = [...first.values()].sort(
      (one, other) => one.due - other.due || (one.owner < other.owner ? -1 : 1),
    );
    const soonest = candidates[0]?.due ?? Infinity;
    return candidates
      .filter(
        ({ due }) =>
          due <= this.now || (due <= limit && due <= soonest + TOGETHER_MS),
      )
      .map((timer) => ({
        name: timer.name,
        owner: timer.owner,
        place: timer.due <= this.now ? timer.owner : EVERYWHERE,
        faults: 0 as const,
        run: () => {
          this.timers.delete(timer);
          this.now = Math.max(this.now, timer.due);
          timer.run();
        },
      }));
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.due === other.due ? one.order < other.order : one.due < other.due;
}

class AgendaView extends Timeline {
  constructor(
    private readonly agenda: Agenda,
    private readonly owner: string,
    private readonly onFired: (timer: string) => void,
  ) {
    super();
  }

  override get now(): number {
    return this.agenda.now;
  }

  override after(ms: number, run: () => void): () => void {
    return this.agenda.setTimer(this.owner, ms, (timer) => {
      this.onFired(timer);
      run();
    });
  }
}
