import type {
  Revision,
  StoreError,
  Watch,
  WatchEvent,
  WatchListener,
} from '../../core/index.js';

/** Writes down what one watch is told. */
export class WatchRecorder implements WatchListener {
  watch: Watch | undefined;
  createdAt: Revision | undefined;
  readonly all: WatchEvent[] = [];
  readonly endings: StoreError[] = [];
  /** Names of the calls in their order. */
  readonly calls: ('created' | 'events' | 'ended')[] = [];

  constructor(
    private readonly since: Revision = 0n,
    private readonly onEvent?: (event: WatchEvent) => void,
  ) {}

  created(revision: Revision): void {
    this.calls.push('created');
    this.createdAt = revision;
  }

  events(events: readonly WatchEvent[]): void {
    this.calls.push('events');
    this.all.push(...events);
    for (const event of events) this.onEvent?.(event);
  }

  ended(error: StoreError): void {
    this.calls.push('ended');
    this.endings.push(error);
  }

  /**
   * Leaves out what happened before the case began to watch: a member of a cluster that lags
   * behind may create a watch in the past, and say so.
   */
  get heard(): WatchEvent[] {
    return this.all.filter((event) => revisionOf(event) > this.since);
  }

  hasHeard(key: string): boolean {
    return this.heard.some((event) => keyOf(event) === key);
  }

  /** Kind and key of every event, such as `put a`. */
  get story(): string[] {
    return this.heard.map((event) => `${event.kind} ${keyOf(event)}`);
  }
}

export function keyOf(event: WatchEvent): string {
  return event.kind === 'put' ? event.stored.key : event.key;
}

export function revisionOf(event: WatchEvent): Revision {
  return event.kind === 'put' ? event.stored.modRevision : event.modRevision;
}
