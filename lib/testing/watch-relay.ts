import type { StoreError, WatchListener } from '../core/index.js';

/** Stands between a store and a listener, and can keep back what the store says. */
export class WatchRelay implements WatchListener {
  private readonly kept: (() => void)[] = [];
  private over = false;

  constructor(
    private readonly listener: WatchListener,
    private holding: boolean,
    private readonly forget: () => void,
  ) {}

  readonly created: WatchListener['created'] = (revision) =>
    this.pass(() => this.listener.created(revision));

  readonly events: WatchListener['events'] = (events) =>
    this.pass(() => this.listener.events(events));

  readonly ended: WatchListener['ended'] = (error) =>
    this.pass(() => this.end(error));

  hold(): void {
    this.holding = true;
  }

  release(): void {
    this.holding = false;
    for (const deliver of this.kept.splice(0)) this.pass(deliver);
  }

  /** Ends the watch for its listener; what is kept back is lost. */
  fail(error: StoreError): void {
    this.kept.length = 0;
    this.holding = false;
    void Promise.resolve().then(() => this.end(error));
  }

  close(): void {
    this.over = true;
    this.forget();
  }

  private end(error: StoreError): void {
    if (this.over) return;
    this.close();
    this.listener.ended(error);
  }

  private pass(deliver: () => void): void {
    if (this.over) return;
    if (this.holding) this.kept.push(deliver);
    else deliver();
  }
}
