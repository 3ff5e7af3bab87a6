import type { Server } from 'node:net';

/** Has `server` listen on a free port of 127.0.0.1, and tells its address. */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  return `http://127.0.0.1:${port}`;
}
