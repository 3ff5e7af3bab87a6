import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import type { Etcd } from './etcd.js';
import { newDirectory } from './own-server.js';
import { removeDirectory } from './owned-process.js';

const execute = promisify(execFile);

/** Whether certificates can be made here. */
export const openssl = await execute('openssl', ['version']).then(
  () => true,
  () => false,
);

/** An end of TLS before an etcd. It wants to see the certificate of `client`, and no other. */
export interface TlsFront {
  readonly port: number;
  /** Of what openssl made: `server`, `client` and `stranger`, each `.crt` and `.key`. */
  path(file: string): string;
  pem(file: string): Buffer;
  stop(): void;
}

/** Its certificate is for `localhost`, `etcd.test` and 127.0.0.1, and may be out of date. */
export async function startTlsFront(
  { member }: Etcd,
  { expired = false } = {},
): Promise<TlsFront> {
  const directory = newDirectory('nestjs-etcd-lock-tls');
  const path = (file: string) => join(directory, file);
  const pem = (file: string) => readFileSync(path(file));
  const certificate = async (name: string) => {
    const command = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${name}
      -addext subjectAltName=DNS:localhost,DNS:etcd.test,IP:127.0.0.1
      -keyout ${name}.key -out ${name}.crt`;
    await execute('openssl', command.split(/\s+/), { cwd: directory });
  };
  await Promise.all(['server', 'client', 'stranger'].map(certificate));
  if (expired) {
    const renewed =
      'x509 -in server.crt -signkey server.key -days -1 -out server.crt';
    await execute('openssl', renewed.split(' '), { cwd: directory });
  }
  const server = createServer(
    {
      key: pem('server.key'),
      cert: pem('server.crt'),
      ca: pem('client.crt'),
      requestCert: true,
      ALPNProtocols: ['h2'],
    },
    (socket) => {
      const plain = connect(member.clientPort, '127.0.0.1');
      socket.pipe(plain).pipe(socket);
      for (const end of [socket, plain]) end.on('error', () => {});
    },
  );
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    port,
    path,
    pem,
    stop() {
      server.close();
      removeDirectory(directory);
    },
  };
}
