import type {
  OperationReply,
  RangeReply,
  Revision,
  StoredKey,
  TransactionReply,
} from '../../core/index.js';
import {
  DELETE_RANGE_RESPONSE,
  RANGE_RESPONSE,
  RESPONSE_OP,
  TXN_RESPONSE,
} from './fields.js';
import type { Answer } from './header.js';
import { readKeyValue } from './key-value.js';
import type { Reader } from './reader.js';
import { WireError } from './wire-error.js';

export function readTransactionReply(
  reader: Reader,
  revision: Revision,
): TransactionReply {
  const { succeeded, replies } = readTransaction(reader);
  return { revision: checked(revision), succeeded, replies };
}

export function readRangeReply(
  reader: Reader,
  revision: Revision,
): RangeReply & Answer {
  const { kind, keys, count } = readRange(reader);
  return { kind, keys, count, revision: checked(revision) };
}

/**
 * An empty message, such as a broken proxy sends, is a valid one: of a transaction that failed, of
 * a range without keys. But etcd counts revisions from 1.
 */
function checked(revision: Revision): Revision {
  if (revision > 0n) return revision;
  throw new WireError('the answer does not say at which revision it was given');
}

function readTransaction(reader: Reader) {
  let succeeded = false;
  const replies: OperationReply[] = [];
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case TXN_RESPONSE.succeeded:
        succeeded = reader.flag();
        break;
      case TXN_RESPONSE.responses:
        replies.push(readOperationReply(reader));
        break;
      default:
        reader.skip();
    }
  }
  return { kind: 'transaction', succeeded, replies } as const;
}

function readRange(reader: Reader): RangeReply {
  const keys: StoredKey[] = [];
  let count = 0;
  for (let field; (field = reader.next()) !== 0;) {
    switch (field) {
      case RANGE_RESPONSE.kvs:
        keys.push(readKeyValue(reader));
        break;
      case RANGE_RESPONSE.count:
        count = reader.integer();
        break;
      default:
        reader.skip();
    }
  }
  return { kind: 'range', keys, count };
}

function readDelete(reader: Reader): OperationReply {
  let deleted = 0;
  for (let field; (field = reader.next()) !== 0;) {
    if (field === DELETE_RANGE_RESPONSE.deleted) deleted = reader.integer();
    else reader.skip();
  }
  return { kind: 'delete', deleted };
}

function readPut(reader: Reader): OperationReply {
  while (reader.next() !== 0) reader.skip();
  return { kind: 'put' };
}

function readOperationReply(reader: Reader): OperationReply {
  let reply: OperationReply | undefined;
  const end = reader.enter();
  for (let field; (field = reader.next()) !== 0;) {
    const read = READ[field];
    if (read === undefined) {
      reader.skip();
      continue;
    }
    const endOfReply = reader.enter();
    reply = read(reader);
    reader.leave(endOfReply);
  }
  reader.leave(end);
  if (reply !== undefined) return reply;
  throw new WireError('an operation was answered with nothing');
}

const READ: Readonly<Record<number, (reader: Reader) => OperationReply>> = {
  [RESPONSE_OP.response_range]: readRange,
  [RESPONSE_OP.response_put]: readPut,
  [RESPONSE_OP.response_delete_range]: readDelete,
  [RESPONSE_OP.response_txn]: readTransaction,
};
