import type { Revision } from '../../core/index.js';
import { RESPONSE_HEADER } from './fields.js';
import { Reader } from './reader.js';

export interface Answer {
  /** How far the store of the member that answered had got; 0 where a proxy leaves it out. */
  readonly revision: Revision;
}

/** Who answered. */
export interface Header extends Answer {
  readonly clusterId: bigint;
  readonly memberId: bigint;
}

/** The field of the header in every reply of etcd. */
const HEADER = 1;

export function headerOf(reply: Buffer): Header {
  let clusterId = 0n;
  let memberId = 0n;
  let revision = 0n;
  const reader = new Reader(reply);
  if (!seekHeader(reader)) return { clusterId, memberId, revision };
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case RESPONSE_HEADER.cluster_id:
        clusterId = reader.uint64();
        break;
      case RESPONSE_HEADER.member_id:
        memberId = reader.uint64();
        break;
      case RESPONSE_HEADER.revision:
        revision = reader.int64();
        break;
      default:
        reader.skip();
    }
  }
  return { clusterId, memberId, revision };
}

/** Of most headers only this is wanted. */
export function revisionOf(reply: Buffer): Revision {
  let revision = 0n;
  const reader = new Reader(reply);
  if (!seekHeader(reader)) return revision;
  for (let field; (field = reader.next()) !== 0;) {
    if (field === RESPONSE_HEADER.revision) revision = reader.int64();
    else reader.skip();
  }
  return revision;
}

// etcd writes it first.
function seekHeader(reader: Reader): boolean {
  for (let field; (field = reader.next()) !== 0;) {
    if (field === HEADER) {
      reader.enter();
      return true;
    }
    reader.skip();
  }
  return false;
}
