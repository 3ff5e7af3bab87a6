/** The calls on a store, by name. */
export type StoreCall =
  | 'grantLease'
  | 'keepAlive'
  | 'revokeLease'
  | 'timeToLive'
  | 'attachedKeys'
  | 'transact'
  | 'read';

/** Which calls on the store a fault hits. */
export interface FaultTarget {
  /** The kind of call that is hit. @default every kind */
  readonly on?: StoreCall;
  /** How many calls are hit. @default 1 */
  readonly times?: number;
}

/** A fault that is in force until it has hit `times` calls or is lifted. */
export interface Fault {
  /** How many calls it has hit. */
  readonly hits: number;
  /** No further call is hit, and whatever the fault holds back goes on its way. */
  lift(): void;
}

/** What a fault does to a call. `lifted` resolves when the fault is lifted. */
export type FaultEffect = <T>(
  forward: () => Promise<T>,
  lifted: Promise<void>,
) => Promise<T>;

export class CallFault implements Fault {
  hits = 0;
  readonly lift: () => void;
  private left: number;
  private readonly on: StoreCall | undefined;
  private readonly lifted: Promise<void>;

  constructor(
    { on, times = 1 }: FaultTarget,
    private readonly effect: FaultEffect,
  ) {
    this.on = on;
    this.left = times;
    let lifted: () => void;
    this.lifted = new Promise((resolve) => (lifted = resolve));
    this.lift = () => {
      this.left = 0;
      lifted();
    };
  }

  get inForce(): boolean {
    return this.left > 0;
  }

  hitsNext(call: StoreCall): boolean {
    return this.inForce && (this.on === undefined || this.on === call);
  }

  hit<T>(forward: () => Promise<T>): Promise<T> {
    this.left -= 1;
    this.hits += 1;
    return this.effect(forward, this.lifted);
  }
}
