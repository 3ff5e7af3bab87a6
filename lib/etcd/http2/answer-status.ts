import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { CallFailure, STATUS } from '../call-failure.js';

/**
 * What headers or trailers say of a call: `'ok'`, why it failed, or nothing yet.
 */
export function statusIn(
  headers: IncomingHttpHeaders,
  host: string,
): 'ok' | CallFailure | undefined {
  const status = headers['grpc-status'];
  if (status === undefined) return undefined;
  if (status === '0') return 'ok';
  const said = decodeMessage(String(headers['grpc-message'] ?? ''));
  const message = said || `${host} answered with status ${String(status)}`;
  return new CallFailure(message, Number(status) || STATUS.unknown, true);
}

/** Whoever stands before etcd answers in HTTP alone. */
export function httpFailure(
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
  host: string,
): CallFailure | undefined {
  const code = headers[':status'];
  const type = headers['content-type'];
  if (code === 200 && type?.startsWith('application/grpc')) return undefined;
  const what =
    code === 200
      ? `with the content type ${type ?? 'of nothing'}`
      : `with HTTP ${code}`;
  return new CallFailure(
    code === 413
      ? `${host} refused the request as larger than max (HTTP 413)`
      : `${host} answered ${what} instead of gRPC: is it etcd, or a proxy before it?`,
    httpStatus(code),
    // A proxy refuses like that what it has not passed on.
    !(code !== undefined && NEVER_PASSED_ON.has(code)),
  );
}

const NEVER_PASSED_ON: ReadonlySet<number> = new Set([
  400, 401, 403, 404, 405, 411, 413, 414, 415, 421, 431, 505,
]);

function httpStatus(code: number | undefined): number {
  switch (code) {
    case 401:
      return STATUS.unauthenticated;
    case 403:
      return STATUS.permissionDenied;
    case 413:
      return STATUS.resourceExhausted;
    case 404:
    case 429:
    case 502:
    case 503:
    case 504:
      return STATUS.unavailable;
    default:
      return STATUS.unknown;
  }
}

/** Percent-encoded UTF-8; what is not is taken as it is. */
function decodeMessage(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = text.replaceAll(/%([\da-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
