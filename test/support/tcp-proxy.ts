import { connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'to-server' | 'to-client';

interface Pipe {
  readonly client: Socket;
  readonly server: Socket;
  /** Bytes in these directions wait. */
  readonly frozen: Set<Direction>;
  /** Bytes in these directions vanish. */
  readonly dropping: Set<Direction>;
}

const BOTH: readonly Direction[] = ['to-server', 'to-client'];

/**
 * Stands between a client and a server on 127.0.0.1 and misbehaves as networks do. Freezing and
 * dropping concern the connections open at that moment; later ones are sound.
 */
export class TcpProxy {
  /** Connections accepted since the start. */
  accepted = 0;
  private readonly pipes = new Set<Pipe>();
  private listener: Server | undefined;
  private port = 0;

  private constructor(private readonly serverPort: number) {}

  /** Resolves once the proxy listens on a port that the system chose. */
  static async start(serverPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(serverPort);
    await proxy.accept();
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connections open now. */
  get open(): number {
    return this.pipes.size;
  }

  /** Nothing is lost: the bytes of both directions, or of one, wait for `unfreeze`. */
  freeze(...directions: Direction[]): void {
    for (const pipe of this.pipes) {
      for (const direction of orBoth(directions)) {
        pipe.frozen.add(direction);
        source(pipe, direction).pause();
      }
    }
  }

  unfreeze(): void {
    for (const pipe of this.pipes) {
      for (const direction of pipe.frozen) source(pipe, direction).resume();
      pipe.frozen.clear();
    }
  }

  /** The bytes vanish, and nobody is told. */
  drop(...directions: Direction[]): void {
    for (const pipe of this.pipes) {
      for (const direction of orBoth(directions)) pipe.dropping.add(direction);
    }
  }

  /** Cuts every open connection with a TCP reset towards both sides. */
  reset(): void {
    for (const { client, server } of this.pipes) {
      for (const socket of [client, server]) {
        // Node would never close the handle of one that has said its end.
        if (socket.writableEnded) socket.destroy();
        else socket.resetAndDestroy();
      }
    }
  }

  /** Further connections are refused, as if nobody listened. */
  async refuse(): Promise<void> {
    const { listener } = this;
    this.listener = undefined;
    // Its callback would wait for the connections that are open.
    listener?.close();
  }

  /** Undoes `refuse`, on the same port. */
  async accept(): Promise<void> {
    const listener = createServer((client) => this.pipe(client));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.port, '127.0.0.1', resolve);
    });
    const address = listener.address();
    if (address && typeof address === 'object') this.port = address.port;
    this.listener = listener;
  }

  async close(): Promise<void> {
    await this.refuse();
    this.reset();
  }

  private pipe(client: Socket): void {
    this.accepted += 1;
    const server = connect(this.serverPort, '127.0.0.1');
    const pipe: Pipe = {
      client,
      server,
      frozen: new Set(),
      dropping: new Set(),
    };
    this.pipes.add(pipe);
    const end = () => {
      client.destroy();
      server.destroy();
      this.pipes.delete(pipe);
    };
    const forward = (from: Socket, to: Socket, direction: Direction) => {
      from.on('data', (bytes: Buffer) => {
        if (!pipe.dropping.has(direction)) to.write(bytes);
      });
      // The other side is not to learn of an end behind a frozen or dropping direction.
      from.on('end', () => {
        if (!pipe.dropping.has(direction)) to.end();
      });
      from.on('error', () => {});
      from.on('close', end);
    };
    forward(client, server, 'to-server');
    forward(server, client, 'to-client');
  }
}

function source(pipe: Pipe, direction: Direction): Socket {
  return direction === 'to-server' ? pipe.client : pipe.server;
}

function orBoth(directions: readonly Direction[]): readonly Direction[] {
  return directions.length > 0 ? directions : BOTH;
}
