import type {
  Comparison,
  Operation,
  RangeOperation,
  Transaction,
} from '../../core/index.js';
import {
  COMPARE,
  DELETE_RANGE_REQUEST,
  PUT_REQUEST,
  RANGE_REQUEST,
  REQUEST_OP,
  TXN_REQUEST,
} from './fields.js';
import { writeRange } from './key-value.js';
import type { Writer } from './writer.js';

const RESULT = { '=': 0, '>': 1, '<': 2, '!=': 3 } as const;
const TARGET = { version: 0, create: 1, mod: 2 } as const;
const COMPARED = {
  version: COMPARE.version,
  create: COMPARE.create_revision,
  mod: COMPARE.mod_revision,
} as const;

const SORT_ASCENDING = 1;
const SORT_BY_CREATE_REVISION = 2;

/** A range read outside a transaction. `stale` lets any member answer from what it has. */
export interface ReadRequest {
  readonly operation: RangeOperation;
  readonly stale: boolean;
}

export function writeTransaction(writer: Writer, request: Transaction): void {
  const { compare, success, failure } = request;
  writeOperations(writer, TXN_REQUEST.failure, failure);
  writeOperations(writer, TXN_REQUEST.success, success);
  for (let index = compare.length - 1; index >= 0; index -= 1) {
    const mark = writer.mark();
    writeComparison(writer, compare[index]!);
    writer.message(TXN_REQUEST.compare, mark);
  }
}

export function writeRead(writer: Writer, request: ReadRequest): void {
  writeRangeRequest(writer, request.operation, request.stale);
}

function writeComparison(writer: Writer, comparison: Comparison): void {
  const { range, target, is, to } = comparison;
  if (range.end !== undefined) writer.text(COMPARE.range_end, range.end);
  writer.bigint(COMPARED[target], to);
  writer.text(COMPARE.key, range.key);
  if (TARGET[target] !== 0) writer.small(COMPARE.target, TARGET[target]);
  if (RESULT[is] !== 0) writer.small(COMPARE.result, RESULT[is]);
}

function writeOperations(
  writer: Writer,
  field: number,
  operations: readonly Operation[],
): void {
  for (let index = operations.length - 1; index >= 0; index -= 1) {
    const mark = writer.mark();
    writeOperation(writer, operations[index]!);
    writer.message(field, mark);
  }
}

function writeOperation(writer: Writer, operation: Operation): void {
  const mark = writer.mark();
  switch (operation.kind) {
    case 'put': {
      const { key, value, lease = 0n } = operation;
      if (lease !== 0n) writer.bigint(PUT_REQUEST.lease, lease);
      writer.text(PUT_REQUEST.value, value);
      writer.text(PUT_REQUEST.key, key);
      writer.message(REQUEST_OP.request_put, mark);
      break;
    }
    case 'delete':
      writeRange(writer, DELETE_RANGE_REQUEST, operation.range);
      writer.message(REQUEST_OP.request_delete_range, mark);
      break;
    case 'range':
      writeRangeRequest(writer, operation, false);
      writer.message(REQUEST_OP.request_range, mark);
      break;
    case 'transaction':
      writeTransaction(writer, operation.transaction);
      writer.message(REQUEST_OP.request_txn, mark);
  }
}

function writeRangeRequest(
  writer: Writer,
  operation: RangeOperation,
  stale: boolean,
): void {
  const { range, keysOnly, limit, orderBy } = operation;
  if (keysOnly) writer.small(RANGE_REQUEST.keys_only, 1);
  if (stale) writer.small(RANGE_REQUEST.serializable, 1);
  if (orderBy !== 'key') {
    writer.small(RANGE_REQUEST.sort_target, SORT_BY_CREATE_REVISION);
  }
  writer.small(RANGE_REQUEST.sort_order, SORT_ASCENDING);
  if (limit !== undefined) writer.integer(RANGE_REQUEST.limit, limit);
  writeRange(writer, RANGE_REQUEST, range);
}
