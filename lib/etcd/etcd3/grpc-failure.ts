import { CallFailure, STATUS } from '../call-failure.js';
import type { GrpcError } from './etcd3-client.js';

/** What gRPC says of calls that have not left this process. */
const NOT_SENT = [
  'No connection established',
  'Name resolution failed',
  'Failed to parse DNS address',
  'Channel closed before call started',
  'Stream refused by server',
];

/** Says of an error of a user's gRPC how far the call got. */
export function grpcFailure({
  code,
  details,
  message,
}: GrpcError): CallFailure {
  const text = typeof details === 'string' && details ? details : message;
  const status = typeof code === 'number' ? code : STATUS.unknown;
  const reached = !(
    NOT_SENT.some((part) => text.includes(part)) || ranOutOnTheWay(status, text)
  );
  return new CallFailure(text, status, reached);
}

/** It tells how far a call got whose time ran out. */
function ranOutOnTheWay(status: number, text: string): boolean {
  return (
    status === STATUS.deadlineExceeded &&
    /waiting for (name resolution|metadata filters|LB pick)/i.test(text) &&
    !text.includes('previous attempts')
  );
}
