import { connect, createServer, type Server, type Socket } from 'node:net';
import { waitUntil } from './wait-until.js';

interface Route {
  readonly server: Socket;
  late: Buffer[] | undefined;
  sealed: boolean;
}

/**
 * A way to etcd on which a request can be overtaken: what the client sends on one connection
 * arrives much later, when it has long asked again on another.
 */
export class LateBytes {
  private readonly routes = new Set<Route>();
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly listener: Server) {}

  static async start(serverPort: number): Promise<LateBytes> {
    const listener = createServer((client) => late.route(client, serverPort));
    const late = new LateBytes(listener);
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    return late;
  }

  get endpoint(): string {
    const address = this.listener.address();
    if (address === null || typeof address === 'string') throw new Error();
    return `http://127.0.0.1:${address.port}`;
  }

  /** From now on nothing arrives that is sent on the connections which are open. */
  holdBack(): void {
    for (const route of this.routes) route.late = [];
  }

  /**
   * Resolves when a request that contains `text` has been held back as a whole. What the client
   * sends there later, to withdraw it for instance, is lost.
   */
  async heldBack(text: string): Promise<void> {
    const held = () =>
      [...this.routes].filter(({ late }) =>
        Buffer.concat(late ?? []).includes(text),
      );
    await waitUntil(() => held().length > 0);
    let length = -1;
    await waitUntil(
      () => {
        const before = length;
        length = held().flatMap(({ late }) => late!).length;
        return length === before;
      },
      { everyMs: 200 },
    );
    for (const route of this.routes) {
      route.sealed = route.late !== undefined;
    }
  }

  /** Delivers it, and resolves when the server has answered. */
  async arrive(): Promise<void> {
    const routes = [...this.routes].filter(({ sealed }) => sealed);
    await Promise.all(
      routes.map(async ({ server, late }) => {
        const bytes = Buffer.concat(late ?? []);
        if (bytes.length === 0) return;
        const answered = new Promise((resolve) => server.once('data', resolve));
        server.write(bytes);
        return answered;
      }),
    );
  }

  close(): void {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private route(client: Socket, serverPort: number): void {
    const server = connect(serverPort, '127.0.0.1');
    const route: Route = { server, late: undefined, sealed: false };
    this.routes.add(route);
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('data', (bytes: Buffer) => {
      if (route.late === undefined) server.write(bytes);
      else if (!route.sealed) route.late.push(bytes);
    });
    client.on('close', () => {
      if (route.late !== undefined) return;
      this.routes.delete(route);
      server.destroy();
    });
    server.on('data', (bytes: Buffer) => client.write(bytes));
    server.on('close', () => client.destroy());
  }
}
