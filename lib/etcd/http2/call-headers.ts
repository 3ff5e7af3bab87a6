import type { OutgoingHttpHeaders } from 'node:http2';
import { type Deadline, timeLeft } from '../deadline.js';

const MOST_DIGITS = 8;

/** The headers of a request of gRPC, but for those that change with the call. */
export class CallHeaders {
  private readonly fixed: OutgoingHttpHeaders;

  constructor(scheme: 'http' | 'https', authority: string) {
    this.fixed = {
      ':method': 'POST',
      ':scheme': scheme,
      ':authority': authority,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'nestjs-etcd-lock',
      // A member that is cut off from the majority then refuses a call at once, before it does
      // anything, and ends a stream, instead of leaving both in silence.
      hasleader: 'true',
    };
  }

  of(
    path: string,
    token: string | undefined,
    deadline?: Deadline,
  ): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = { ':path': path, ...this.fixed };
    if (token !== undefined) headers['token'] = token;
    if (deadline !== undefined) headers['grpc-timeout'] = timeout(deadline);
    return headers;
  }
}

function timeout(deadline: Deadline): string {
  const ms = Math.max(1, Math.ceil(timeLeft(deadline)));
  const digits = String(ms);
  return digits.length <= MOST_DIGITS
    ? `${digits}m`
    : `${Math.ceil(ms / 1000)}S`;
}
