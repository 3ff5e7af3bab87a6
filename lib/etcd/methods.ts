import type {
  ILeaseGrantRequest,
  ILeaseGrantResponse,
  ILeaseRevokeRequest,
  ILeaseRevokeResponse,
  ILeaseTimeToLiveRequest,
  ILeaseTimeToLiveResponse,
  IMemberListResponse,
  IRangeRequest,
  IRangeResponse,
  IStatusResponse,
  ITxnRequest,
  ITxnResponse,
} from 'etcd3';
import type { UnaryMethod } from './unary-calls.js';

export const RANGE: UnaryMethod<'KV', IRangeRequest, IRangeResponse> = {
  service: 'KV',
  name: 'range',
  effect: 'none',
  start: (kv, ...call) => kv.range(...call),
};

export const TXN: UnaryMethod<'KV', ITxnRequest, ITxnResponse> = {
  service: 'KV',
  name: 'txn',
  effect: 'write',
  start: (kv, ...call) => kv.txn(...call),
};

export const LEASE_GRANT: UnaryMethod<
  'Lease',
  ILeaseGrantRequest,
  ILeaseGrantResponse
> = {
  service: 'Lease',
  name: 'leaseGrant',
  effect: 'write',
  start: (lease, ...call) => lease.leaseGrant(...call),
};

export const LEASE_REVOKE: UnaryMethod<
  'Lease',
  ILeaseRevokeRequest,
  ILeaseRevokeResponse
> = {
  service: 'Lease',
  name: 'leaseRevoke',
  effect: 'write',
  start: (lease, ...call) => lease.leaseRevoke(...call),
};

export const LEASE_TIME_TO_LIVE: UnaryMethod<
  'Lease',
  ILeaseTimeToLiveRequest,
  ILeaseTimeToLiveResponse
> = {
  service: 'Lease',
  name: 'leaseTimeToLive',
  effect: 'none',
  start: (lease, ...call) => lease.leaseTimeToLive(...call),
};

export const MEMBER_LIST: UnaryMethod<'Cluster', object, IMemberListResponse> =
  {
    service: 'Cluster',
    name: 'memberList',
    effect: 'none',
    start: (cluster, ...call) => cluster.memberList(...call),
  };

export const STATUS: UnaryMethod<'Maintenance', object, IStatusResponse> = {
  service: 'Maintenance',
  name: 'status',
  effect: 'none',
  start: (maintenance, ...call) => maintenance.status(...call),
};
