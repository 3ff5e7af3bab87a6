import type { GrantedLease, LeaseId, Revision } from '../../core/index.js';
import {
  LEASE_GRANT_REQUEST,
  LEASE_GRANT_RESPONSE,
  LEASE_KEEP_ALIVE_RESPONSE,
  LEASE_TIME_TO_LIVE_REQUEST,
  LEASE_TIME_TO_LIVE_RESPONSE,
} from './fields.js';
import type { Answer } from './header.js';
import type { Reader } from './reader.js';
import { WireError } from './wire-error.js';
import type { Writer } from './writer.js';

export interface LeaseGrant {
  readonly ttlSeconds: number;
}

export interface Renewal extends Answer {
  readonly lease: LeaseId;
  /** What etcd promises now, in milliseconds. */
  readonly ttlMs: number | 'gone';
}

export interface LifeRequest {
  readonly lease: LeaseId;
  /** Whether to name the keys that are attached to it. */
  readonly keys?: boolean;
}

export interface RemainingLife extends Answer {
  /** In whole seconds, in milliseconds. */
  readonly ttlMs: number | 'gone';
  readonly keys: readonly string[];
}

export function writeGrant(writer: Writer, { ttlSeconds }: LeaseGrant): void {
  writer.integer(LEASE_GRANT_REQUEST.TTL, ttlSeconds);
}

export function readGrant(
  reader: Reader,
  revision: Revision,
): GrantedLease & Answer {
  let id = 0n;
  let ttlSeconds = 0;
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case LEASE_GRANT_RESPONSE.ID:
        id = reader.int64();
        break;
      case LEASE_GRANT_RESPONSE.TTL:
        ttlSeconds = reader.integer();
        break;
      default:
        reader.skip();
    }
  }
  // A key that is put with 0 for its lease has none, and stays for ever.
  if (id === 0n) throw new WireError('a lease was granted without an ID');
  return { id, ttlMs: ttlSeconds * 1000, revision };
}

/** Of what names a lease and says nothing else. */
export function leaseWriter(field: number) {
  return (writer: Writer, lease: LeaseId): void => {
    writer.bigint(field, lease);
  };
}

export function writeLifeRequest(
  writer: Writer,
  { lease, keys = false }: LifeRequest,
): void {
  if (keys) writer.small(LEASE_TIME_TO_LIVE_REQUEST.keys, 1);
  writer.bigint(LEASE_TIME_TO_LIVE_REQUEST.ID, lease);
}

export function readRevoke(reader: Reader, revision: Revision): Answer {
  while (reader.next() !== 0) reader.skip();
  return { revision };
}

export function readRenewal(reader: Reader, revision: Revision): Renewal {
  let lease = 0n;
  let ttlSeconds = 0;
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case LEASE_KEEP_ALIVE_RESPONSE.ID:
        lease = reader.int64();
        break;
      case LEASE_KEEP_ALIVE_RESPONSE.TTL:
        ttlSeconds = reader.integer();
        break;
      default:
        reader.skip();
    }
  }
  // etcd renews a lease that it does not know for 0 seconds.
  const ttlMs = ttlSeconds > 0 ? ttlSeconds * 1000 : 'gone';
  return { lease, ttlMs, revision };
}

export function readRemainingLife(
  reader: Reader,
  revision: Revision,
): RemainingLife {
  let ttlSeconds = 0;
  const keys: string[] = [];
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case LEASE_TIME_TO_LIVE_RESPONSE.TTL:
        ttlSeconds = reader.integer();
        break;
      case LEASE_TIME_TO_LIVE_RESPONSE.keys:
        keys.push(reader.text());
        break;
      default:
        reader.skip();
    }
  }
  // In its last second a lease has 0 to live, and -1 when it is gone.
  const ttlMs = ttlSeconds < 0 ? 'gone' : ttlSeconds * 1000;
  return { ttlMs, keys, revision };
}
