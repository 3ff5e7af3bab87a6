import type { ConnectionOptions } from 'node:tls';
import { StoreError } from '../../core/index.js';
import { type Deadline, within } from '../deadline.js';
import { CallHeaders } from './call-headers.js';
import type { HostAddress } from './host-address.js';
import { Http2Connection } from './http2-connection.js';

/** One member, or a proxy, and the connection that calls to it share. */
export class Host {
  readonly headers: CallHeaders;
  private current: Http2Connection | undefined;
  private readonly all = new Set<Http2Connection>();
  private isClosed = false;

  constructor(
    readonly address: HostAddress,
    private readonly tls: ConnectionOptions,
  ) {
    const { secure, authority } = address;
    this.headers = new CallHeaders(secure ? 'https' : 'http', authority);
  }

  /** The connection, if there is one that takes calls. */
  get connected(): Http2Connection | undefined {
    return this.current?.connected ? this.current : undefined;
  }

  /** Everybody waits for one attempt, each as long as it may. */
  async connect(deadline: Deadline): Promise<Http2Connection> {
    if (this.isClosed) {
      throw new StoreError('closed', 'not-applied', 'the store is closed');
    }
    const connection = (this.current ??= this.open());
    const { name } = this.address;
    const since = performance.now();
    await within(
      deadline,
      connection.ready,
      () =>
        `${name} does not answer: no connection within ${Math.round(performance.now() - since)} ms`,
    );
    return connection;
  }

  /**
   * Has the next call open another connection, as this one may be dead without either end having
   * noticed. What is under way goes on. One that is being made is left its time, lest attempts
   * pile up.
   */
  giveUp(): void {
    this.connected?.retire();
  }

  close(): void {
    this.isClosed = true;
    for (const connection of this.all) connection.destroy('it was closed');
  }

  private open(): Http2Connection {
    const connection = new Http2Connection(this.address, this.tls, {
      retired: (retired) => this.forget(retired),
      closed: (closed) => {
        this.forget(closed);
        this.all.delete(closed);
      },
    });
    this.all.add(connection);
    return connection;
  }

  private forget(connection: Http2Connection): void {
    if (this.current === connection) this.current = undefined;
  }
}
