import { type ClientHttp2Stream, constants } from 'node:http2';
import { CallFailure, STATUS, StreamRefused } from '../call-failure.js';
import type { Http2Connection } from './http2-connection.js';

/** Why a stream ended on which no status came. */
export function endedBy(
  { rstCode }: ClientHttp2Stream,
  connection: Http2Connection,
  host: string,
): CallFailure {
  // The other side says that it has not looked at it.
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM) {
    const message = `${host} takes no more calls on this connection`;
    return new StreamRefused(message);
  }
  if (connection.over) return connection.failure(true);
  const message =
    rstCode === constants.NGHTTP2_NO_ERROR
      ? `${host} ended the call without an answer`
      : `${host} broke the call off with HTTP/2 error ${rstCode}`;
  return new CallFailure(message, STATUS.internal, true);
}

/** Ends a stream for good, and has the other side told. */
export function breakOff(stream: ClientHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL);
  // While the network is silent nothing else would ever end it on this side.
  stream.destroy();
}
