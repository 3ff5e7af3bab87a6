import type { StoreError } from '../core/index.js';
import type { CallFailure } from './call-failure.js';
import type { Deadline } from './deadline.js';

/** A request that is under way. */
export interface Exchange {
  /** The bytes of the reply; rejects with a {@link CallFailure}. */
  readonly reply: Promise<Buffer>;
  cancel(): void;
}

export interface RawStream {
  write(message: Buffer): void;
  /** Ends it without a word to the listener. A half-close would leave it to the server. */
  cancel(): void;
}

export interface RawStreamListener {
  received(message: Buffer): void;
  /** The last call; never from inside a call to the stream, or the one that opened it. */
  ended(failure: CallFailure): void;
}

/** A way to one host, for one call or stream. Messages have the headroom that is wanted. */
export interface Connection {
  /** As errors name it. */
  readonly host: string;
  /** Whether calls carry the token of a user. */
  readonly authenticated: boolean;
  /** Whether a call that etcd refuses as unauthenticated can fare better the next time. */
  readonly renewsToken: boolean;
  send(path: string, message: Buffer, deadline: Deadline): Exchange;
  /** @throws {CallFailure} when nothing can be sent */
  open(path: string, listener: RawStreamListener): RawStream;
  /** Tells why a call over this connection failed, so that the next ones go a better way. */
  failed(error: StoreError): void;
}

/** The hosts that one call has asked, and may yet ask. */
export interface Route {
  /** How many have not been asked. */
  readonly left: number;

  /**
   * Of the next host; of the one after it where that gives none.
   *
   * @throws {StoreError} with outcome not-applied, that names whoever was asked: nothing was sent
   * but, at most, a user name and a password
   */
  next(deadline: Deadline): Promise<Connection>;

  /** The host of this connection may be asked once more, with another token where it refused the last. */
  again(connection: Connection): void;

  /** Notes why a host did not serve. */
  failed(connection: Connection, error: StoreError): void;

  /** What a call is to be rejected with whose last host failed with `error`. */
  verdict(error: StoreError): StoreError;
}

/** The ways to etcd. Nothing connects before the first call does. */
export interface Connections {
  /** How many bytes messages leave free at their beginning. */
  readonly headroom: number;

  /** Whether an open stream keeps the process alive by itself. */
  readonly streamsHoldProcess: boolean;

  route(): Route;

  /** Ways to each host by itself, as far as the hosts are known. They are the caller's to close. */
  apart(): readonly HostConnections[];

  /** What is under way fails. */
  close(): void;
}

export interface HostConnections {
  /** Undefined where a client of the user's picks the host. */
  readonly host: string | undefined;
  readonly connections: Connections;
}
