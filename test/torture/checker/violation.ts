export interface Violation {
  readonly check:
    | 'exclusion'
    | 'tokens'
    | 'linearizable'
    | 'registers'
    | 'first come, first served'
    | 'liveness'
    | 'outcomes'
    | 'losses'
    | 'nothing left'
    | 'etcd agrees with itself';
  /** On the monotonic clock, in ms. */
  readonly at?: number;
  readonly detail: string;
}
