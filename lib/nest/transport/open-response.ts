import type { ServerResponse } from 'node:http';
import {
  type ExecutionContext,
  HttpException,
  StreamableFile,
} from '@nestjs/common';
import { PASSTHROUGH, RES_OR_NEXT, ROUTE_ARGUMENTS } from './nest-internals.js';

/** Node's response of an HTTP call; undefined for other transports and for mocks. */
export function httpResponse(
  context: ExecutionContext,
): ServerResponse | undefined {
  if (context.getType() !== 'http') return undefined;
  const response = context
    .switchToHttp()
    .getResponse<{ raw?: ServerResponse } & ServerResponse>();
  const raw = response?.raw ?? response;
  return typeof raw?.once === 'function' ? raw : undefined;
}

/** Whether Nest leaves the answer to the method: it asks for `@Res()` or `@Next()`. */
export function answersByHand(home: Function, name: string | symbol): boolean {
  if (Reflect.getMetadata(PASSTHROUGH, home, name)) return false;
  const parameters = Reflect.getMetadata(ROUTE_ARGUMENTS, home, name) ?? {};
  return Object.keys(parameters).some((key) => RES_OR_NEXT.test(key));
}

/** Whether Nest sends `body` piece by piece, after the interceptors have seen it. */
export function isSentInPieces(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return (
    body instanceof StreamableFile ||
    Symbol.asyncIterator in body ||
    Object.prototype.toString.call(body) === '[object Response]'
  );
}

/** Resolves when the response was sent, or its connection is gone. */
export function responseEnd(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.writableFinished || response.destroyed) return resolve();
    response.once('finish', resolve).once('close', resolve);
  });
}

/** Calls `react` when the client leaves before it was answered. */
export function onClientGone(
  response: ServerResponse | undefined,
  react: () => void,
): () => void {
  if (response === undefined) return () => {};
  const closed = () => {
    if (!response.writableFinished) react();
  };
  if (response.destroyed) closed();
  response.once('close', closed);
  return () => response.off('close', closed);
}

/** What servers log for a request whose client did not wait. Nest does not take it for a fault. */
export function clientGone(): HttpException {
  return new HttpException('The client has closed the request.', 499);
}
