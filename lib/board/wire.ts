/** What the board's page is sent. Revisions and tokens travel as strings of digits. */

/**
 * - `exact`: the ticket was the holder from the moment it was created
 * - `seen`: the revision at which the board saw the lock handed over
 * - `least`: the token is not known, but it is not less
 */
export interface ShownToken {
  readonly value: string;
  readonly how: 'exact' | 'seen' | 'least';
}

export interface ShownTicket {
  readonly ticket: string;
  readonly created: string;
  readonly lease: string;
  readonly mode: 'exclusive' | 'shared' | 'permits';
  readonly permits?: number;
  readonly host?: string;
  readonly pid?: number;
  readonly label?: string;
  readonly since?: number;
  readonly trace?: string;
  /** Its owner may keep it between holds, so that it may be unused just now. */
  readonly kept?: true;
  /** Another program wrote it, and not all of it could be read. */
  readonly unreadable?: true;
  /** JSON, cut short where it is long. */
  readonly metadata?: string;
}

export interface ShownHolder extends ShownTicket {
  readonly token: ShownToken;
  /** When the board saw it become a holder; absent for those it found as holders. */
  readonly heldFrom?: number;
}

export interface ShownLock {
  /** Its prefix in etcd, which no other lock has. */
  readonly id: string;
  readonly key: string;
  /** The first of them. */
  readonly holders: readonly ShownHolder[];
  readonly holding: number;
  /** The first of them, in order. */
  readonly waiters: readonly ShownTicket[];
  readonly waiting: number;
}

/** A hold that is over, as far as it was seen. */
export interface PastHold {
  readonly id: string;
  readonly owner: string;
  /** Absent when it began before the board looked. */
  readonly from?: number;
  readonly to: number;
}

/** A time in which nobody looked, or etcd could not be heard. */
export interface Gap {
  readonly from: number;
  readonly to?: number;
}

/** The first thing a viewer is told. */
export interface Greeting {
  readonly at: number;
  readonly allowRelease: boolean;
}

/** What has changed since the last one. */
export interface Update {
  /** The server's time. */
  readonly at: number;
  /** Whether all locks have been sent. Absent when that has not changed. */
  readonly complete?: boolean;
  readonly locks: readonly ShownLock[];
  readonly gone: readonly string[];
  /** Of a page, all locks: with the `last` of its parts, what was in none of them is gone. */
  readonly page?: { readonly number: number; readonly last: boolean };
  readonly past: readonly PastHold[];
  /** The number of the first of `past`; they may have been sent before. */
  readonly pastFrom?: number;
  readonly gaps?: readonly Gap[];
  /** About how long leases last unless they are renewed, in ms, for some of them. */
  readonly leases?: Readonly<Record<string, number>>;
  /** Why nothing is heard from etcd; `null` when it is. Absent when that has not changed. */
  readonly trouble?: string | null;
}

export interface Released {
  readonly key: string;
  readonly released: number;
}
