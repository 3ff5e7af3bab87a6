import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Conditions } from './conditions.js';
import { OneWay } from './one-way.js';

export type NextReply = 'arrives' | 'is lost' | 'is the last';

interface Connection {
  source: string | undefined;
  readonly client: Socket;
  readonly server: Socket;
  readonly ways: readonly OneWay[];
}

export interface WireOptions {
  readonly port: number;
  /** Whose server listens on that port. */
  readonly target: string;
  readonly conditions: Conditions;
  /** Who dialled, or how to tell it by what it sends. */
  readonly source: string | ((bytes: Buffer) => string | undefined);
}

/** Stands before one server's port and lets connections feel the conditions of the network. */
export class Wire {
  /** What becomes of the next bytes towards a client: with the latter two, a reset follows. */
  nextReply: NextReply = 'arrives';
  private readonly connections = new Set<Connection>();
  private readonly unsubscribe: () => void;

  private constructor(
    private readonly options: WireOptions,
    private readonly listener: Server,
  ) {
    this.unsubscribe = options.conditions.onBetter(() => {
      for (const { ways } of this.connections)
        ways.forEach((one) => one.pump());
    });
  }

  static async start(options: WireOptions): Promise<Wire> {
    const listener = createServer((client) => wire.join(client));
    const wire = new Wire(options, listener);
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(0, '127.0.0.1', resolve);
    });
    return wire;
  }

  get endpoint(): string {
    const address = this.listener.address();
    if (address === null || typeof address === 'string') throw new Error();
    return `http://127.0.0.1:${address.port}`;
  }

  /** Cuts every connection with a TCP reset towards both sides. */
  reset(): void {
    for (const connection of this.connections) this.cut(connection);
  }

  close(): void {
    this.unsubscribe();
    this.listener.close();
    this.reset();
  }

  private join(client: Socket): void {
    const { port, target, conditions, source } = this.options;
    const server = connect(port, '127.0.0.1');
    const between = (from: 'source' | 'target') => () => {
      const other = connection.source;
      if (other === undefined) return { held: false, delayMs: 0 };
      return from === 'source'
        ? conditions.between(other, target)
        : conditions.between(target, other);
    };
    const there = new OneWay(server, between('source'));
    const back = new OneWay(client, between('target'));
    const connection: Connection = {
      source: typeof source === 'string' ? source : undefined,
      client,
      server,
      ways: [there, back],
    };
    this.connections.add(connection);
    client.on('data', (bytes: Buffer) => {
      if (typeof source === 'function') connection.source ??= source(bytes);
      there.send(bytes);
    });
    server.on('data', (bytes: Buffer) => this.reply(connection, back, bytes));
    this.follow(connection, client, there);
    this.follow(connection, server, back);
  }

  private reply(connection: Connection, back: OneWay, bytes: Buffer): void {
    const { nextReply } = this;
    this.nextReply = 'arrives';
    if (nextReply !== 'is lost') back.send(bytes);
    // The bytes are to be out first.
    if (nextReply === 'is the last') setImmediate(() => this.cut(connection));
    if (nextReply === 'is lost') this.cut(connection);
  }

  /** The other side hears of an end only when everything that was sent before has arrived. */
  private follow(connection: Connection, from: Socket, way: OneWay): void {
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('close', () => {
      way.send('end');
      if (connection.client.destroyed && connection.server.destroyed) {
        this.forget(connection);
      }
    });
  }

  private cut(connection: Connection): void {
    resetSocket(connection.client);
    resetSocket(connection.server);
    this.forget(connection);
  }

  private forget(connection: Connection): void {
    this.connections.delete(connection);
    for (const way of connection.ways) way.close();
  }
}

/** Node cannot reset what has been ended before: the socket would stay open for ever. */
function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
