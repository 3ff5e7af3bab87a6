import type {
  KeyRange,
  StoreError,
  WatchListener,
} from '../../lib/core/index.js';
import type { MemoryStore } from '../../lib/memory/index.js';
import { type Agenda, ETCD } from './agenda.js';
import type { ExploredWorld } from './explored-world.js';
import { textOf } from './text-of.js';

export interface WatchTerms {
  readonly world: ExploredWorld;
  readonly store: MemoryStore;
  readonly owner: string;
  /** Unique within its schedule. */
  readonly name: string;
  readonly range: KeyRange;
  readonly deletesOnly: boolean;
  readonly listener: WatchListener;
  readonly hear: (what: string, tell: () => void) => void;
  readonly onOver: () => void;
}

/** One watch: what it says comes in order, when it is chosen, and not at all once it has broken. */
export class ExploredWatch {
  private readonly agenda: Agenda;
  private state: 'open' | 'broken' | 'silent' | 'over' = 'open';
  private said = 0;
  private cancelInner = () => {};

  constructor(private readonly terms: WatchTerms) {
    const { world, owner, name, range } = terms;
    this.agenda = world.agenda;
    this.agenda.post({
      name,
      owner,
      place: ETCD,
      via: owner,
      content: textOf(range),
      run: () => this.register(0),
      faults: [1, 2].map((lag) => ({
        name: `behind${lag}`,
        harmless: true as const,
        run: () => this.register(lag),
      })),
    });
  }

  cancel(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.agenda.dropChannel(this.terms.name);
    this.cancelInner();
    this.terms.onOver();
  }

  /** Stays open, and nothing arrives any more. */
  fallSilent(): void {
    if (this.state !== 'open') return;
    this.agenda.dropChannel(this.terms.name);
    this.cancelInner();
    this.state = 'silent';
  }

  /** What has not arrived is lost. */
  break(error: StoreError): void {
    if (this.state !== 'open') return;
    this.agenda.dropChannel(this.terms.name);
    this.cancelInner();
    this.say(`ended ${error.reason}`, (to) => {
      this.cancel();
      to.ended(error);
    });
    this.state = 'broken';
  }

  /** A member that is `lag` changes behind serves it. */
  private register(lag: number): void {
    if (this.state !== 'open') return;
    const { world, store, owner, range, deletesOnly } = this.terms;
    const inner = store.watch(
      range,
      {
        created: (revision) => {
          const past = world.behind.replay(range, deletesOnly, lag);
          const since = lag === 0 ? revision : past.since;
          this.say(`created ${since}`, (to) => to.created(since));
          for (const events of past.batches)
            this.say(textOf(events), (to) => to.events(events));
        },
        events: (events) =>
          this.say(textOf(events), (to) => {
            world.heard(owner, events);
            to.events(events);
          }),
        ended: (error) => this.break(error),
      },
      { deletesOnly },
    );
    this.cancelInner = () => inner.cancel();
  }

  private say(what: string, tell: (to: WatchListener) => void): void {
    if (this.state !== 'open') return;
    const { owner, name: channel, world, listener, hear } = this.terms;
    this.said += 1;
    const name = `${channel}.${this.said}`;
    const content = world.plain(what);
    this.agenda.post({
      name,
      owner,
      place: owner,
      via: owner,
      channel,
      content,
      run: () => hear(`${name} ${content}`, () => tell(listener)),
    });
  }
}
