import type {
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeader,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';

/** What Express and Fastify call a request and a response. */
interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): void;
  getHeaders(): OutgoingHttpHeaders;
}

/** The host that the client asked for, as it wrote it; HTTP/2 calls it otherwise. */
export function askedHost(headers: IncomingHttpHeaders): string | undefined {
  return (headers[':authority'] as string | undefined) ?? headers.host;
}

/** A response of Node's HTTP/2 says less of itself. */
type Http2Response = ServerResponse & {
  readonly stream?: { readonly destroyed: boolean };
};

/**
 * One request and its answer as Node has them. Interceptors that would wrap a result, and
 * serialisers, have nothing to do with a page.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;

  constructor(request: unknown, response: unknown) {
    const { raw } = request as { raw?: IncomingMessage };
    this.request = raw ?? (request as IncomingMessage);
    const reply = response as FastifyReply;
    this.response = reply.raw ?? (response as ServerResponse);
    if (raw === undefined) return;
    reply.hijack();
    // What other parts of the application have set for every answer.
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) this.response.setHeader(name, value);
    }
  }

  /** As the client sent it; middleware of Express may have shortened what `url` says. */
  get url(): URL {
    const { originalUrl } = this.request as { originalUrl?: string };
    return new URL(originalUrl ?? this.request.url ?? '/', 'http://host');
  }

  get head(): boolean {
    return this.request.method === 'HEAD';
  }

  /** Whether nobody waits for the answer any more. */
  get gone(): boolean {
    const { destroyed, stream } = this.response as Http2Response;
    return stream?.destroyed ?? destroyed;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  start(status: number, headers: Record<string, OutgoingHttpHeader>): void {
    this.response.statusCode = status;
    this.response.setHeader('x-content-type-options', 'nosniff');
    for (const [name, value] of Object.entries(headers)) {
      this.response.setHeader(name, value);
    }
  }

  send(
    status: number,
    body: string,
    headers: Record<string, OutgoingHttpHeader>,
  ): void {
    this.start(status, headers);
    this.response.end(this.head ? undefined : body);
  }

  json(status: number, body: object): void {
    this.send(status, JSON.stringify(body), {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
  }
}
