import type { ArgumentsHost } from '@nestjs/common';
import type { Observable } from 'rxjs';

/** What clients are told of an error, over whichever transport. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly key?: string;
}

type Microservices = typeof import('@nestjs/microservices');
type WebSockets = typeof import('@nestjs/websockets');

// An application that serves the transport has the package, and one that does not never comes
// here. The `try` around each is what tells a bundler that it may be missing.

async function microservices(): Promise<Microservices | undefined> {
  try {
    return await import('@nestjs/microservices');
  } catch {
    return undefined;
  }
}

async function webSockets(): Promise<WebSockets | undefined> {
  try {
    return await import('@nestjs/websockets');
  } catch {
    return undefined;
  }
}

/** Nest recognises its exceptions with `instanceof`, so it has to be their class. */
const EXCEPTIONS = {
  rpc: async () => (await microservices())?.RpcException,
  ws: async () => (await webSockets())?.WsException,
};

/** The exception that has Nest answer with `{ status: 'error', code, message }`. */
export async function messageError(
  transport: 'rpc' | 'ws',
  body: ErrorBody,
  cause: Error,
): Promise<Error> {
  const Exception = await EXCEPTIONS[transport]();
  if (Exception === undefined) return cause;
  return Object.assign(new Exception({ status: 'error', ...body }), { cause });
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
  const { BaseRpcExceptionFilter } = (await microservices())!;
  return new BaseRpcExceptionFilter().catch(exception, host);
}

/** What Nest does with an exception of a gateway that no filter takes. */
export async function answerWs(
  exception: unknown,
  host: ArgumentsHost,
): Promise<void> {
  const { BaseWsExceptionFilter } = (await webSockets())!;
  new BaseWsExceptionFilter().catch(exception, host);
}
