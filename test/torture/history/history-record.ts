export type Mode = 'exclusive' | 'shared' | 'permits';

/** Both clocks, in milliseconds. `mono` is the system's own, which orders across processes. */
export interface Stamp {
  readonly mono: number;
  readonly wall: number;
}

/** What happened to one operation; `id` is unique within its process. */
export type OperationFact =
  | {
      readonly kind: 'invoke';
      readonly id: number;
      readonly keys: readonly string[];
      readonly mode: Mode;
      readonly permits?: number;
      /** The lock may be kept after it. */
      readonly keep?: true;
      /** `null`: for ever. */
      readonly waitMs: number | null;
    }
  /** `left`: for how long the lock says that it is held, asked for after the clocks were read. */
  | {
      readonly kind: 'ok';
      readonly id: number;
      readonly token?: string;
      /** etcd's revision by which its tickets were put. */
      readonly put?: string;
      readonly left: number;
    }
  | { readonly kind: 'look'; readonly id: number; readonly left: number }
  | {
      readonly kind: 'lost';
      readonly id: number;
      readonly reason: string;
      readonly why?: string;
    }
  | { readonly kind: 'releasing'; readonly id: number; readonly left: number }
  /** Ended without the lock; `info`: perhaps with something left in etcd. */
  | {
      readonly kind: 'fail' | 'info';
      readonly id: number;
      readonly code: string;
      readonly why?: string;
    }
  /** The release was answered with an error. */
  | {
      readonly kind: 'unreleased';
      readonly id: number;
      readonly code: string;
      readonly why: string;
    };

/** What a worker's client told of itself. `key`: several keys are joined with `, `. */
export type ClientFact =
  | { readonly kind: 'waiting'; readonly key: string }
  | {
      readonly kind: 'session-opened' | 'session-lost';
      readonly lease: string;
    };

/** What the driver did. `subject` is the process concerned. */
export type DriverFact =
  | { readonly kind: 'killed'; readonly subject: string }
  /** From now until `until` a ticket of this process, or with no key all of them, was deleted by hand. */
  | {
      readonly kind: 'taken';
      readonly subject: string;
      readonly key?: string;
      readonly until: number;
      /** etcd's, when that was done; unknown when nobody answered. */
      readonly revision?: string;
    }
  /**
   * A member that had stood still went on, and ended leases within a second: by its own metrics, and perhaps such
   * as another leader had renewed meanwhile. By `until` whoever had one of them knows it.
   */
  | {
      readonly kind: 'leases-ended';
      readonly subject: string;
      readonly until: number;
      readonly leases: number;
    }
  /** From now until `until` etcd may refuse on principle what is asked by whoever has this place. */
  | {
      readonly kind: 'refused';
      readonly subject: string;
      readonly until: number;
    }
  /** All members are gone since `from`, and answer now with what a backup has. */
  | {
      readonly kind: 'restored';
      readonly from: number;
      /** The revision of the backup, and by how much it was set forward. */
      readonly backup: string;
      readonly bump: string;
      /** By then all have been told whose ticket is not in the backup. */
      readonly toldBy: number;
    }
  | { readonly kind: 'fault'; readonly fault: string; readonly detail: string }
  /** Everything works again, and nobody begins anything new. */
  | { readonly kind: 'healed' }
  /** An attempt to replace value `base` of a register by `value`. */
  | {
      readonly kind: 'write';
      readonly register: string;
      readonly fenced: boolean;
      readonly base: string;
      readonly value: string;
      readonly acknowledged: boolean;
    };

export type Fact = OperationFact | ClientFact | DriverFact;

export type HistoryRecord = Stamp & { readonly who: string } & Fact;
