/**
 * The field numbers that we use of etcd's `rpc.proto` and `kv.proto`, under their names there. Every
 * response has its header in field 1.
 */

export const RESPONSE_HEADER = {
  cluster_id: 1,
  member_id: 2,
  revision: 3,
} as const;

export const KEY_VALUE = {
  key: 1,
  create_revision: 2,
  mod_revision: 3,
  version: 4,
  value: 5,
  lease: 6,
} as const;

export const EVENT = { type: 1, kv: 2 } as const;

export const RANGE_REQUEST = {
  key: 1,
  range_end: 2,
  limit: 3,
  sort_order: 5,
  sort_target: 6,
  serializable: 7,
  keys_only: 8,
} as const;

export const RANGE_RESPONSE = { kvs: 2, count: 4 } as const;

export const PUT_REQUEST = { key: 1, value: 2, lease: 3 } as const;

export const DELETE_RANGE_REQUEST = { key: 1, range_end: 2 } as const;

export const DELETE_RANGE_RESPONSE = { deleted: 2 } as const;

export const REQUEST_OP = {
  request_range: 1,
  request_put: 2,
  request_delete_range: 3,
  request_txn: 4,
} as const;

export const RESPONSE_OP = {
  response_range: 1,
  response_put: 2,
  response_delete_range: 3,
  response_txn: 4,
} as const;

export const COMPARE = {
  result: 1,
  target: 2,
  key: 3,
  version: 4,
  create_revision: 5,
  mod_revision: 6,
  range_end: 64,
} as const;

export const TXN_REQUEST = { compare: 1, success: 2, failure: 3 } as const;

export const TXN_RESPONSE = { succeeded: 2, responses: 3 } as const;

export const WATCH_REQUEST = { create_request: 1, cancel_request: 2 } as const;

export const WATCH_CREATE_REQUEST = {
  key: 1,
  range_end: 2,
  filters: 5,
  watch_id: 7,
  fragment: 8,
} as const;

export const WATCH_CANCEL_REQUEST = { watch_id: 1 } as const;

export const WATCH_RESPONSE = {
  watch_id: 2,
  created: 3,
  canceled: 4,
  compact_revision: 5,
  cancel_reason: 6,
  events: 11,
} as const;

export const LEASE_GRANT_REQUEST = { TTL: 1 } as const;

export const LEASE_GRANT_RESPONSE = { ID: 2, TTL: 3 } as const;

export const LEASE_REVOKE_REQUEST = { ID: 1 } as const;

export const LEASE_KEEP_ALIVE_REQUEST = { ID: 1 } as const;

export const LEASE_KEEP_ALIVE_RESPONSE = { ID: 2, TTL: 3 } as const;

export const LEASE_TIME_TO_LIVE_REQUEST = { ID: 1, keys: 2 } as const;

export const LEASE_TIME_TO_LIVE_RESPONSE = { TTL: 3, keys: 5 } as const;

export const MEMBER = { isLearner: 5 } as const;

export const MEMBER_LIST_RESPONSE = { members: 2 } as const;

export const STATUS_RESPONSE = {
  version: 2,
  dbSize: 3,
  errors: 8,
  isLearner: 10,
} as const;

export const AUTHENTICATE_REQUEST = { name: 1, password: 2 } as const;

export const AUTHENTICATE_RESPONSE = { token: 2 } as const;
