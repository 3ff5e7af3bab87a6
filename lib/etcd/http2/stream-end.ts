import { type ClientHttp2Stream, constants } from 'node:http2';
import { CallFailure, STATUS } from '../call-failure.js';
import type { Http2Connection } from './http2-connection.js';

/** Why a stream ended on which no status came. */
export function endedBy(
  stream: ClientHttp2Stream,
  connection: Http2Connection,
  host: string,
): CallFailure {
  // The other side says that it has not looked at it.
  if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) {
    const message = `${host} takes no more calls on this connection`;
    return new CallFailure(message, STATUS.unavailable, false);
  }
  if (!connection.usable || stream.rstCode === constants.NGHTTP2_NO_ERROR) {
    return connection.failure(true);
  }
  const message = `${host} broke the call off with HTTP/2 error ${stream.rstCode}`;
  return new CallFailure(message, undefined, true);
}
