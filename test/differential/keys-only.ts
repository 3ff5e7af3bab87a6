import type {
  Operation,
  OperationReply,
  Transaction,
  TransactionReply,
} from '../../lib/core/index.js';

/** What was asked for without values may tell the lease, or not: etcd does up to 3.6. */
export function leaseless(
  operation: Operation,
  reply: OperationReply,
): OperationReply {
  if (operation.kind === 'range' && reply.kind === 'range') {
    if (!operation.keysOnly) return reply;
    return { ...reply, keys: reply.keys.map((key) => ({ ...key, lease: 0n })) };
  }
  if (operation.kind === 'transaction' && reply.kind === 'transaction') {
    return { ...reply, ...leaselessReplies(operation.transaction, reply) };
  }
  return reply;
}

export function leaselessReplies(
  transaction: Transaction,
  { succeeded, replies }: Pick<TransactionReply, 'succeeded' | 'replies'>,
): Pick<TransactionReply, 'replies'> {
  const operations = succeeded ? transaction.success : transaction.failure;
  return {
    replies: replies.map((reply, at) => leaseless(operations[at]!, reply)),
  };
}
