import type {
  Comparison,
  KeyRange,
  Operation,
  OperationReply,
  RangeOperation,
  RangeReply,
  Revision,
  StoredKey,
  Transaction,
  WatchEvent,
} from '../../../../lib/core/store/lock-store.js';
import type { Plain } from './definition.js';

/** What the port's own words are in etcd's, said a second time and without a thought of bytes. */

const RESULT = { '=': 'Equal', '!=': 'NotEqual', '<': 'Less', '>': 'Greater' };
const TARGET = { create: 'Create', mod: 'Mod', version: 'Version' };
const COMPARED = {
  create: 'create_revision',
  mod: 'mod_revision',
  version: 'version',
};

export function asHeader(revision: Revision): Plain {
  return {
    cluster_id: '14841639068965178418',
    member_id: '10276657743932975437',
    revision: revision.toString(),
    raft_term: '7',
  };
}

export function asRange({ key, end }: KeyRange): Plain {
  return end === undefined
    ? { key: Buffer.from(key) }
    : { key: Buffer.from(key), range_end: Buffer.from(end) };
}

export function asTransaction(transaction: Transaction): Plain {
  return {
    compare: transaction.compare.map(asComparison),
    success: transaction.success.map(asOperation),
    failure: transaction.failure.map(asOperation),
  };
}

export function asRead(operation: RangeOperation): Plain {
  return {
    ...asRange(operation.range),
    sort_order: 'Ascend',
    sort_target: operation.orderBy === 'key' ? 'Key' : 'Create',
    keys_only: operation.keysOnly ?? false,
    limit: operation.limit ?? 0,
  };
}

export function asTransactionReply(
  reply: { succeeded: boolean; replies: readonly OperationReply[] },
  header: Plain,
): Plain {
  return {
    header,
    succeeded: reply.succeeded,
    responses: reply.replies.map((one) => asReply(one, header)),
  };
}

export function asRangeReply(reply: RangeReply, header: Plain): Plain {
  return {
    header,
    kvs: reply.keys.map(asStored),
    more: true,
    count: reply.count,
  };
}

export function asEvent(event: WatchEvent): Plain {
  if (event.kind === 'put') {
    return { type: 'Put', kv: asStored(event.stored), prev_kv: OTHER };
  }
  const kv = {
    key: Buffer.from(event.key),
    mod_revision: event.modRevision.toString(),
  };
  return { type: 'Delete', kv, prev_kv: OTHER };
}

/** In fields that nobody asked for. */
const OTHER = { key: Buffer.from('other'), lease: '9' };

function asStored(stored: StoredKey): Plain {
  return {
    key: Buffer.from(stored.key),
    value: Buffer.from(stored.value),
    create_revision: stored.createRevision.toString(),
    mod_revision: stored.modRevision.toString(),
    version: stored.version.toString(),
    lease: stored.lease.toString(),
  };
}

function asComparison({ range, target, is, to }: Comparison): Plain {
  return {
    ...asRange(range),
    result: RESULT[is],
    target: TARGET[target],
    [COMPARED[target]]: to.toString(),
  };
}

function asOperation(operation: Operation): Plain {
  switch (operation.kind) {
    case 'put':
      return {
        request_put: {
          key: Buffer.from(operation.key),
          value: Buffer.from(operation.value),
          lease: (operation.lease ?? 0n).toString(),
        },
      };
    case 'delete':
      return { request_delete_range: asRange(operation.range) };
    case 'range':
      return { request_range: asRead(operation) };
    case 'transaction':
      return { request_txn: asTransaction(operation.transaction) };
  }
}

function asReply(reply: OperationReply, header: Plain): Plain {
  switch (reply.kind) {
    case 'put':
      return { response_put: { header, prev_kv: OTHER } };
    case 'delete':
      return {
        response_delete_range: {
          header,
          deleted: reply.deleted,
          prev_kvs: [OTHER],
        },
      };
    case 'range':
      return { response_range: asRangeReply(reply, header) };
    case 'transaction':
      return { response_txn: asTransactionReply(reply, header) };
  }
}
