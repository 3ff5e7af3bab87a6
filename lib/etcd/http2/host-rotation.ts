import type { ConnectionOptions } from 'node:tls';
import { StoreError } from '../../core/index.js';
import { AuthToken } from '../auth-token.js';
import type {
  Connection,
  Connections,
  Exchange,
  HostConnections,
  RawStream,
  RawStreamListener,
  Route,
} from '../connections.js';
import { type Deadline, deadlineIn, timeLeft } from '../deadline.js';
import { noneServed } from '../host-route.js';
import { closedError, storeErrorOf } from '../store-error.js';
import type { Credentials } from '../wire/index.js';
import { Host } from './host.js';
import type { HostAddress } from './host-address.js';
import type { Http2Connection } from './http2-connection.js';
import { HEADER_BYTES } from './message-reader.js';
import { MessageStream } from './message-stream.js';
import { UnaryExchange } from './unary-exchange.js';

/** After so long another host is tried; the attempt goes on. */
const LONG_FOR_A_CONNECTION_MS = 1_000;

/** Sends everything to one host until a call or a stream fails there, then to the next one. */
export class HostRotation implements Connections {
  readonly headroom = HEADER_BYTES;
  readonly streamsHoldProcess = false;
  readonly #token: AuthToken | undefined;
  readonly #tls: ConnectionOptions;
  readonly #user: Credentials | undefined;
  private readonly hosts: readonly Host[];
  private at: number;
  private closed = false;

  constructor(
    addresses: readonly HostAddress[],
    tls: ConnectionOptions,
    user: Credentials | undefined,
  ) {
    this.#tls = tls;
    this.#user = user;
    this.#token = user && new AuthToken(user);
    this.hosts = addresses.map((address) => new Host(address, tls));
    // Processes that start together spread over the members.
    this.at = Math.floor(Math.random() * addresses.length);
  }

  route(): Route {
    return new HostRoute(this);
  }

  apart(): readonly HostConnections[] {
    return this.hosts.map(({ address }) => ({
      host: address.given,
      connections: new HostRotation([address], this.#tls, this.#user),
    }));
  }

  close(): void {
    this.closed = true;
    for (const host of this.hosts) host.close();
  }

  /** @internal */
  get count(): number {
    return this.hosts.length;
  }

  /** @internal The first host, from the one in use on, that is not among `asked`. */
  pick(asked: ReadonlySet<Host>): Host | undefined {
    const { hosts, at } = this;
    for (let step = 0; step < hosts.length; step += 1) {
      const host = hosts[(at + step) % hosts.length]!;
      if (!asked.has(host)) return host;
    }
    return undefined;
  }

  /** @internal */
  async connection(host: Host, deadline: Deadline): Promise<HostWay> {
    if (this.closed) throw closedError('not-applied');
    const http2 = host.connected ?? (await host.connect(deadline));
    const token =
      this.#token &&
      (this.#token.known ?? (await this.ask(host, http2, deadline)));
    if (this.closed) throw closedError('not-applied');
    return new HostWay(this, host, http2, token);
  }

  /** @internal */
  failed(host: Host, token: string | undefined, { reason }: StoreError): void {
    if (reason === 'unauthenticated' && token !== undefined) {
      this.#token?.outdated(token);
    }
    if (reason === 'timeout') host.giveUp();
    const failing =
      reason === 'timeout' || reason === 'unavailable' || reason === 'unknown';
    const index = this.hosts.indexOf(host);
    if (failing && index === this.at) this.at = (index + 1) % this.hosts.length;
  }

  private ask(
    host: Host,
    http2: Http2Connection,
    deadline: Deadline,
  ): Promise<string> {
    const way = new HostWay(this, host, http2, undefined);
    const send = way.send.bind(way);
    return this.#token!.get(way.host, this.headroom, send, deadline);
  }
}

class HostRoute implements Route {
  private readonly asked = new Set<Host>();
  private failures: { host: string; error: StoreError }[] = [];

  constructor(private readonly rotation: HostRotation) {}

  get left(): number {
    return this.rotation.count - this.asked.size;
  }

  async next(deadline: Deadline): Promise<Connection> {
    for (;;) {
      const host = this.rotation.pick(this.asked)!;
      const share = this.shareOf(deadline);
      this.asked.add(host);
      try {
        return await this.rotation.connection(host, share);
      } catch (error) {
        const failure = storeErrorOf(error, 'none');
        this.rotation.failed(host, undefined, failure);
        this.failures.push({ host: host.address.name, error: failure });
        const elsewhere =
          failure.reason === 'unavailable' || failure.reason === 'timeout';
        if (!elsewhere || this.left === 0) throw this.verdict(failure);
      }
    }
  }

  /** Whoever is silent leaves time for those who come after. */
  private shareOf(deadline: Deadline): Deadline {
    const { left } = this;
    if (left === 1) return deadline;
    const share = timeLeft(deadline) / left;
    return deadlineIn(Math.min(share, LONG_FOR_A_CONNECTION_MS));
  }

  again(connection: Connection): void {
    if (connection instanceof HostWay) this.asked.delete(connection.member);
    // Its token is renewed: what was wrong with the one before is over.
    this.failures = this.failures.filter(
      ({ host, error }) =>
        host !== connection.host || error.reason !== 'unauthenticated',
    );
  }

  failed(connection: Connection, error: StoreError): void {
    connection.failed(error);
    this.failures.push({ host: connection.host, error });
  }

  verdict(error: StoreError): StoreError {
    return noneServed(this.failures, error);
  }
}

class HostWay implements Connection {
  readonly #token: string | undefined;

  constructor(
    private readonly rotation: HostRotation,
    readonly member: Host,
    private readonly http2: Http2Connection,
    token: string | undefined,
  ) {
    this.#token = token;
  }

  get host(): string {
    return this.member.address.name;
  }

  get renewsToken(): boolean {
    return this.#token !== undefined;
  }

  get authenticated(): boolean {
    return Boolean(this.#token);
  }

  send(path: string, message: Buffer, deadline: Deadline): Exchange {
    const token = this.#token || undefined;
    return new UnaryExchange(this.http2, this.host, this.member.headers, {
      path,
      token,
      message,
      deadline,
    });
  }

  open(path: string, listener: RawStreamListener): RawStream {
    const token = this.#token || undefined;
    const call = { path, token };
    const { headers } = this.member;
    return new MessageStream(this.http2, this.host, headers, call, listener);
  }

  failed(error: StoreError): void {
    this.rotation.failed(this.member, this.#token, error);
  }
}
