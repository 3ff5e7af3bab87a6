import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { type ConnectionOptions, TLSSocket } from 'node:tls';
import { CallFailure } from '../call-failure.js';
import { connectionTrouble } from './connection-trouble.js';
import { type HostAddress, openSocket } from './host-address.js';
import { Pulse } from './pulse.js';

const CONNECT_TIMEOUT_MS = 5_000;

/** No answer of etcd is to wait for leave to go on. */
const STREAM_WINDOW = 16 * 2 ** 20;
const CONNECTION_WINDOW = 64 * 2 ** 20;
/** In megabytes. Node resets streams beyond it, though they hold nothing but an answer. */
const SESSION_MEMORY = 1_024;

/**
 * One connection to one host. It carries calls once the other side has sent its settings, so that
 * what merely accepts connections is never sent anything.
 *
 * By itself it does not keep the process alive.
 */
export class Http2Connection {
  /** Rejects with a {@link CallFailure} that reached nobody. */
  readonly ready: Promise<void>;
  private readonly socket: Socket;
  private readonly session: ClientHttp2Session;
  private readonly pulse: Pulse;
  private readonly waiting = new Set<() => void>();
  private settleReady!: (failure?: CallFailure) => void;
  private active = 0;
  private isReady = false;
  private isSecured = false;
  private isRetired = false;
  private ended: string | undefined;

  constructor(
    private readonly address: HostAddress,
    tls: ConnectionOptions,
    private readonly owner: {
      /** It takes no further calls. */
      retired(connection: Http2Connection): void;
      closed(connection: Http2Connection): void;
    },
  ) {
    this.ready = new Promise((resolve, reject) => {
      this.settleReady = (failure) => (failure ? reject(failure) : resolve());
    });
    this.ready.catch(() => {});
    this.socket = openSocket(address, tls);
    this.socket.unref();
    this.session = this.newSession();
    const timer = setTimeout(() => {
      this.destroy(
        `${address.name} does not answer: no connection within ${CONNECT_TIMEOUT_MS} ms`,
      );
    }, CONNECT_TIMEOUT_MS);
    timer.unref();
    this.ready.then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    );
    this.pulse = new Pulse({
      wanted: () => this.isReady && this.active > 0,
      ping: (answered) => this.ping(answered),
      lost: () => this.destroy(`the connection to ${address.name} is dead`),
    });
  }

  get connected(): boolean {
    return this.isReady;
  }

  get over(): boolean {
    return this.ended !== undefined || this.session.destroyed;
  }

  /** Whether it takes calls, or will. */
  get usable(): boolean {
    return !this.isRetired && !this.over;
  }

  /** Whether there is room for another stream just now. */
  get hasRoom(): boolean {
    const most = this.session.remoteSettings?.maxConcurrentStreams;
    return most === undefined || this.active < most;
  }

  /** Calls `start` once, when there may be room. The returned function takes that back. */
  whenRoom(start: () => void): () => void {
    this.waiting.add(start);
    return () => this.waiting.delete(start);
  }

  /** @throws {CallFailure} that reached nobody */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    if (!this.usable) throw this.failure(false);
    let stream: ClientHttp2Stream;
    try {
      stream = this.session.request(headers);
    } catch (cause) {
      throw this.failure(false, cause);
    }
    this.active += 1;
    stream.once('close', () => {
      this.active -= 1;
      this.wakeNext();
    });
    return stream;
  }

  /** Why something ended that ran on this connection, as far as the connection is to blame. */
  failure(reached: boolean, cause?: unknown): CallFailure {
    const message = this.ended ?? this.closedByPeer;
    return new CallFailure(message, undefined, reached, { cause });
  }

  /** What is under way goes on to its end. */
  retire(): void {
    if (this.isRetired) return;
    this.isRetired = true;
    this.owner.retired(this);
    if (this.active > 0) this.session.close();
    else this.destroy(`the connection to ${this.address.name} was given up`);
    for (const wake of [...this.waiting]) wake();
  }

  destroy(why: string): void {
    if (this.ended !== undefined) return;
    this.ended = why;
    this.session.destroy();
    this.socket.destroy();
  }

  private newSession(): ClientHttp2Session {
    const { address, socket } = this;
    const trouble = (error: unknown) => {
      // A session that TLS refused late would never close its socket by itself.
      this.destroy(
        !this.isReady && isCut(error)
          ? this.closedByPeer
          : connectionTrouble(error, address),
      );
    };
    // Before the session hears of it, and ends the streams.
    socket.on('error', trouble);
    socket.once('secureConnect', () => {
      this.isSecured = true;
      if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
        this.destroy(`${address.name} speaks TLS, but not HTTP/2`);
      }
    });
    const scheme = address.secure ? 'https' : 'http';
    const session = connect(`${scheme}://${address.authority}`, {
      createConnection: () => socket,
      maxSessionMemory: SESSION_MEMORY,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    });
    session.on('error', trouble);
    session.once('connect', () => {
      if (!session.destroyed) session.setLocalWindowSize(CONNECTION_WINDOW);
    });
    session.once('remoteSettings', () => {
      this.isReady = true;
      this.settleReady();
    });
    session.once('goaway', () => this.retire());
    session.once('close', () => this.onClose());
    socket.once('close', () => this.onClose());
    return session;
  }

  private onClose(): void {
    this.pulse.stop();
    this.destroy(this.closedByPeer);
    this.settleReady(this.failure(false));
    this.owner.closed(this);
    for (const wake of [...this.waiting]) wake();
    this.waiting.clear();
  }

  private get closedByPeer(): string {
    const { name, secure } = this.address;
    if (this.isReady) return `${name} closed the connection`;
    if (!secure) {
      return `${name} closed the connection at once: does it want TLS (https://${name})?`;
    }
    return this.isSecured
      ? `${name} closed the connection at once: does it want a client certificate ("tls.cert", "tls.key")?`
      : `${name} closed the connection instead of agreeing on TLS: did you mean http://${name}?`;
  }

  private ping(answered: () => void): void {
    if (this.session.destroyed) return;
    this.session.ping((error) => {
      if (error === null) answered();
    });
  }

  private wakeNext(): void {
    if (this.isRetired && this.active === 0) {
      this.destroy(`the connection to ${this.address.name} was given up`);
      return;
    }
    for (const wake of this.waiting) {
      if (!this.hasRoom) return;
      this.waiting.delete(wake);
      wake();
    }
  }
}

function isCut(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes((error as { code: string }).code);
}
