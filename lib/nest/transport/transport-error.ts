import type { ArgumentsHost } from '@nestjs/common';
import type { Observable } from 'rxjs';

/** What clients are told of an error, over whichever transport. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly key?: string;
}

/** Nest's RpcException and WsException. */
type TransportException = new (error: object) => Error;

/**
 * Nest recognises these with `instanceof`, so it has to be their class. An application that
 * serves the transport has the package, and one that does not never comes here.
 */
const EXCEPTIONS: Record<'rpc' | 'ws', () => Promise<TransportException>> = {
  rpc: async () => (await import('@nestjs/microservices')).RpcException,
  ws: async () => (await import('@nestjs/websockets')).WsException,
};

/** The exception that has Nest answer with `{ status: 'error', code, message }`. */
export async function messageError(
  transport: 'rpc' | 'ws',
  body: ErrorBody,
  cause: Error,
): Promise<Error> {
  let exception: Error;
  try {
    const Exception = await EXCEPTIONS[transport]();
    exception = new Exception({ status: 'error', ...body });
  } catch {
    return cause;
  }
  return Object.assign(exception, { cause });
}

/** GraphQL servers hand on the `extensions` of any error. */
export function graphqlError(
  { message, ...extensions }: ErrorBody,
  cause: Error,
): Error {
  return Object.assign(new Error(message, { cause }), { extensions });
}

/** What Nest does with an exception of a message handler that no filter takes. */
export async function answerRpc(
  exception: unknown,
  host: ArgumentsHost,
): Promise<Observable<unknown>> {
  const { BaseRpcExceptionFilter } = await import('@nestjs/microservices');
  return new BaseRpcExceptionFilter().catch(exception, host);
}

/** What Nest does with an exception of a gateway that no filter takes. */
export async function answerWs(
  exception: unknown,
  host: ArgumentsHost,
): Promise<void> {
  const { BaseWsExceptionFilter } = await import('@nestjs/websockets');
  new BaseWsExceptionFilter().catch(exception, host);
}
