import type {
  ICompare,
  IRangeRequest,
  IRangeResponse,
  IRequestOp,
  IResponseOp,
  ITxnRequest,
  ITxnResponse,
} from 'etcd3';
import type {
  Comparison,
  Operation,
  OperationReply,
  RangeOperation,
  RangeReply,
  Transaction,
} from '../core/index.js';
import {
  decodeKey,
  encodeInteger,
  encodeRange,
  encodeText,
} from './key-codec.js';

const RESULT = {
  '=': 'Equal',
  '!=': 'NotEqual',
  '<': 'Less',
  '>': 'Greater',
} as const;

export function encodeTransaction(transaction: Transaction): ITxnRequest {
  return {
    compare: transaction.compare.map(encodeComparison),
    success: transaction.success.map(encodeOperation),
    failure: transaction.failure.map(encodeOperation),
  };
}

export function encodeRead(operation: RangeOperation): IRangeRequest {
  const { range, keysOnly, limit, maxCreateRevision, orderBy } = operation;
  const request: IRangeRequest = encodeRange(range);
  request.sort_target = orderBy === 'key' ? 'Key' : 'Create';
  request.sort_order = 'Ascend';
  if (keysOnly) request.keys_only = true;
  if (limit !== undefined) request.limit = limit;
  if (maxCreateRevision !== undefined) {
    request.max_create_revision = encodeInteger(maxCreateRevision);
  }
  return request;
}

/** The replies come in the order of the operations that ran. */
export function decodeReplies(
  transaction: Transaction,
  { succeeded, responses }: ITxnResponse,
): OperationReply[] {
  const ran = succeeded ? transaction.success : transaction.failure;
  return ran.map((operation, index) =>
    decodeReply(operation, responses[index]!),
  );
}

export function decodeRead({ kvs, count }: IRangeResponse): RangeReply {
  return { kind: 'range', keys: kvs.map(decodeKey), count: Number(count) };
}

function encodeComparison({ range, target, is, to }: Comparison): ICompare {
  const compare: ICompare = encodeRange(range);
  compare.result = RESULT[is];
  switch (target) {
    case 'create':
      compare.target = 'Create';
      compare.create_revision = encodeInteger(to);
      break;
    case 'mod':
      compare.target = 'Mod';
      compare.mod_revision = encodeInteger(to);
      break;
    case 'version':
      compare.target = 'Version';
      compare.version = encodeInteger(to);
  }
  return compare;
}

function encodeOperation(operation: Operation): IRequestOp {
  switch (operation.kind) {
    case 'put': {
      const { lease = 0n } = operation;
      return {
        request_put: {
          key: encodeText(operation.key),
          value: encodeText(operation.value),
          lease: encodeInteger(lease),
        },
      };
    }
    case 'delete':
      return { request_delete_range: encodeRange(operation.range) };
    case 'range':
      return { request_range: encodeRead(operation) };
    case 'transaction':
      return { request_txn: encodeTransaction(operation.transaction) };
  }
}

function decodeReply(operation: Operation, reply: IResponseOp): OperationReply {
  switch (operation.kind) {
    case 'put':
      return { kind: 'put' };
    case 'delete': {
      const { deleted } = reply.response_delete_range;
      return { kind: 'delete', deleted: Number(deleted) };
    }
    case 'range':
      return decodeRead(reply.response_range);
    case 'transaction': {
      const nested = reply.response_txn;
      const { succeeded } = nested;
      const replies = decodeReplies(operation.transaction, nested);
      return { kind: 'transaction', succeeded, replies };
    }
  }
}
