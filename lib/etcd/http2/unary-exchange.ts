import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { CallFailure, STATUS } from '../call-failure.js';
import type { Exchange } from '../connections.js';
import { type Deadline, timeLeft } from '../deadline.js';
import { httpFailure, statusIn } from './answer-status.js';
import type { CallHeaders } from './call-headers.js';
import type { Http2Connection } from './http2-connection.js';
import { MessageReader, writeHeader } from './message-reader.js';
import { breakOff, endedBy } from './stream-end.js';

/** One request and its reply. Settles once, in whatever order the events of the stream come. */
export class UnaryExchange implements Exchange {
  readonly reply: Promise<Buffer>;
  private resolve!: (reply: Buffer) => void;
  private reject!: (failure: CallFailure) => void;
  private readonly timer: NodeJS.Timeout;
  private readonly reader: MessageReader;
  private stream: ClientHttp2Stream | undefined;
  private message: Buffer | undefined;
  private status: 'ok' | CallFailure | undefined;
  private settled = false;
  private leaveLine = () => {};

  constructor(
    private readonly connection: Http2Connection,
    private readonly host: string,
    private readonly headers: CallHeaders,
    private readonly call: {
      readonly path: string;
      readonly token: string | undefined;
      /** With room for the header of a message. */
      readonly message: Buffer;
      readonly deadline: Deadline;
    },
  ) {
    this.reply = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.reader = new MessageReader(host, (message) => {
      this.message = message;
    });
    const ms = timeLeft(call.deadline);
    this.timer = setTimeout(() => {
      this.giveUp(
        `${host} did not answer within ${Math.round(ms)} ms`,
        STATUS.deadlineExceeded,
      );
    }, ms);
    this.timer.unref();
    this.begin();
  }

  cancel(): void {
    this.giveUp('the call was cancelled', STATUS.cancelled);
  }

  private begin(): void {
    // What is sent in the last moment could only end as unknown.
    if (this.settled || timeLeft(this.call.deadline) === 0) return;
    const { connection } = this;
    if (connection.usable && !connection.hasRoom) {
      this.leaveLine = connection.whenRoom(() => this.begin());
      return;
    }
    const { path, token, deadline, message } = this.call;
    try {
      this.stream = connection.request(this.headers.of(path, token, deadline));
    } catch (failure) {
      this.fail(failure as CallFailure);
      return;
    }
    this.listen(this.stream);
    this.stream.end(writeHeader(message));
  }

  private listen(stream: ClientHttp2Stream): void {
    stream.on('response', (headers, flags) => {
      this.status = statusIn(headers, this.host);
      if (this.status === undefined) {
        const failure = httpFailure(headers, this.host);
        if (failure !== undefined) this.fail(failure);
      } else if (flags & constants.NGHTTP2_FLAG_END_STREAM) this.conclude();
    });
    stream.on('trailers', (headers: IncomingHttpHeaders) => {
      this.status = statusIn(headers, this.host);
      // What comes before the trailers has been read before them, unless it waits in the stream.
      if (this.message !== undefined || this.status !== 'ok') this.conclude();
    });
    stream.on('data', (bytes: Buffer) => {
      try {
        this.reader.push(bytes);
      } catch (failure) {
        this.fail(failure as CallFailure);
      }
    });
    stream.on('error', () => {});
    stream.once('close', () => this.conclude());
  }

  /** All that will come has come. */
  private conclude(): void {
    if (this.settled) return;
    const { message, status, stream, host } = this;
    if (status === undefined) {
      this.fail(endedBy(stream!, this.connection, host));
    } else if (status !== 'ok') this.fail(status);
    else if (message !== undefined) this.succeed(message);
    else {
      const words = `${host} ended the call without a reply`;
      this.fail(new CallFailure(words, STATUS.internal, true));
    }
  }

  private succeed(message: Buffer): void {
    this.settle();
    this.resolve(message);
  }

  private giveUp(words: string, status: number): void {
    const reached = this.stream !== undefined;
    this.fail(new CallFailure(words, status, reached));
  }

  private fail(failure: CallFailure): void {
    if (this.settled) return;
    this.settle();
    if (this.stream) breakOff(this.stream);
    this.reject(failure);
  }

  private settle(): void {
    this.settled = true;
    clearTimeout(this.timer);
    this.leaveLine();
  }
}
