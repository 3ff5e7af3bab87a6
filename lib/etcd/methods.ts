import type {
  ILeaseGrantRequest,
  ILeaseGrantResponse,
  ILeaseRevokeRequest,
  ILeaseRevokeResponse,
  IRangeRequest,
  IRangeResponse,
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
