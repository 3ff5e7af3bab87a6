import type { ClientHttp2Stream } from 'node:http2';
import { CallFailure, STATUS } from '../call-failure.js';
import type { RawStream, RawStreamListener } from '../connections.js';
import { httpFailure, statusIn } from './answer-status.js';
import type { CallHeaders } from './call-headers.js';
import type { Http2Connection } from './http2-connection.js';
import { MessageReader, writeHeader } from './message-reader.js';
import { breakOff, endedBy } from './stream-end.js';

/** Messages in both directions until one side ends it. */
export class MessageStream implements RawStream {
  private readonly stream: ClientHttp2Stream;
  private failure: CallFailure | undefined;
  private over = false;

  /** @throws {CallFailure} when nothing can be sent */
  constructor(
    private readonly connection: Http2Connection,
    private readonly host: string,
    headers: CallHeaders,
    call: { readonly path: string; readonly token: string | undefined },
    private readonly listener: RawStreamListener,
  ) {
    this.stream = connection.request(headers.of(call.path, call.token));
    this.listen();
  }

  write(message: Buffer): void {
    if (!this.over && this.stream.writable) {
      this.stream.write(writeHeader(message));
    }
  }

  cancel(): void {
    this.over = true;
    breakOff(this.stream);
  }

  private listen(): void {
    const { stream, host } = this;
    const reader = new MessageReader(host, (message) => {
      if (!this.over) this.listener.received(message);
    });
    stream.on('response', (headers) => {
      this.heard(statusIn(headers, host) ?? httpFailure(headers, host));
    });
    stream.on('trailers', (headers) => this.heard(statusIn(headers, host)));
    stream.on('data', (bytes: Buffer) => {
      if (this.over) return;
      try {
        reader.push(bytes);
      } catch (failure) {
        this.end(failure as CallFailure);
      }
    });
    stream.on('error', () => {});
    // One that ends without a status stays open in this direction.
    stream.once('end', () => setImmediate(() => breakOff(stream)));
    stream.once('close', () => {
      this.end(this.failure ?? endedBy(stream, this.connection, host));
    });
  }

  private heard(status: 'ok' | CallFailure | undefined): void {
    if (status === undefined) return;
    this.failure ??=
      status === 'ok'
        ? new CallFailure(
            `${this.host} ended the stream`,
            STATUS.unavailable,
            true,
          )
        : status;
    // Messages before it may still wait to be read.
    setImmediate(() => this.end(this.failure!));
  }

  private end(failure: CallFailure): void {
    if (this.over) return;
    this.cancel();
    this.listener.ended(failure);
  }
}
