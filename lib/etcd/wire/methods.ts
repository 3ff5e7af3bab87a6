import type {
  GrantedLease,
  LeaseId,
  RangeReply,
  Transaction,
  TransactionReply,
} from '../../core/index.js';
import {
  type Credentials,
  decodeStatus,
  type MemberCount,
  type MemberStatus,
  readMembers,
  readToken,
  type Token,
  writeCredentials,
  writeNothing,
} from './cluster.js';
import { LEASE_KEEP_ALIVE_REQUEST, LEASE_REVOKE_REQUEST } from './fields.js';
import type { Answer } from './header.js';
import { readRangeReply, readTransactionReply } from './kv-replies.js';
import {
  type ReadRequest,
  writeRead,
  writeTransaction,
} from './kv-requests.js';
import {
  type LeaseGrant,
  leaseWriter,
  type LifeRequest,
  readGrant,
  readRemainingLife,
  readRenewal,
  readRevoke,
  type RemainingLife,
  type Renewal,
  writeGrant,
  writeLifeRequest,
} from './lease.js';
import { decoder, encoder } from './message.js';
import type { Method } from './method.js';
import {
  readWatch,
  type WatchReply,
  type WatchRequest,
  writeWatch,
} from './watch.js';

export const TXN: Method<Transaction, TransactionReply> = {
  path: '/etcdserverpb.KV/Txn',
  effect: 'write',
  encode: encoder(writeTransaction),
  decode: decoder(readTransactionReply),
};

export const RANGE: Method<ReadRequest, RangeReply & Answer> = {
  path: '/etcdserverpb.KV/Range',
  effect: 'none',
  encode: encoder(writeRead),
  decode: decoder(readRangeReply),
};

export const LEASE_GRANT: Method<LeaseGrant, GrantedLease & Answer> = {
  path: '/etcdserverpb.Lease/LeaseGrant',
  effect: 'write',
  encode: encoder(writeGrant),
  decode: decoder(readGrant),
};

export const LEASE_REVOKE: Method<LeaseId, Answer> = {
  path: '/etcdserverpb.Lease/LeaseRevoke',
  effect: 'write',
  encode: encoder(leaseWriter(LEASE_REVOKE_REQUEST.ID)),
  decode: decoder(readRevoke),
};

export const LEASE_TIME_TO_LIVE: Method<LifeRequest, RemainingLife> = {
  path: '/etcdserverpb.Lease/LeaseTimeToLive',
  effect: 'none',
  encode: encoder(writeLifeRequest),
  decode: decoder(readRemainingLife),
};

/** A stream in both directions. */
export const LEASE_KEEP_ALIVE: Method<LeaseId, Renewal> = {
  path: '/etcdserverpb.Lease/LeaseKeepAlive',
  effect: 'write',
  encode: encoder(leaseWriter(LEASE_KEEP_ALIVE_REQUEST.ID)),
  decode: decoder(readRenewal),
};

/** A stream in both directions. */
export const WATCH: Method<WatchRequest, WatchReply> = {
  path: '/etcdserverpb.Watch/Watch',
  effect: 'none',
  encode: encoder(writeWatch),
  decode: decoder(readWatch),
};

export const AUTHENTICATE: Method<Credentials, Token> = {
  path: '/etcdserverpb.Auth/Authenticate',
  effect: 'none',
  encode: encoder(writeCredentials),
  decode: decoder(readToken),
};

export const MEMBER_LIST: Method<void, MemberCount> = {
  path: '/etcdserverpb.Cluster/MemberList',
  effect: 'none',
  encode: encoder(writeNothing),
  decode: decoder(readMembers),
};

export const STATUS: Method<void, MemberStatus> = {
  path: '/etcdserverpb.Maintenance/Status',
  effect: 'none',
  encode: encoder(writeNothing),
  decode: decodeStatus,
};
