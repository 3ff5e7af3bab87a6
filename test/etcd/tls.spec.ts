import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { type Etcd, startEtcd } from '../support/etcd.js';
import { ownDirectory, removeDirectory } from '../support/owned-process.js';
import { listening } from './listening.js';
import {
  call,
  failure,
  get,
  put,
  WatchLog,
  everything,
  write,
} from './store-calls.js';

const run = promisify(execFile);
const openssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);

describe.runIf(openssl)('over TLS', () => {
  let directory: string;
  let etcd: Etcd;
  let server: Server;
  let host: string;
  const pem = (name: string) => readFileSync(join(directory, name));

  async function certificate(name: string): Promise<void> {
    const command = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${name}
      -addext subjectAltName=DNS:etcd.test,IP:127.0.0.1
      -keyout ${name}.key -out ${name}.crt`;
    await run('openssl', command.split(/\s+/), { cwd: directory });
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nestjs-etcd-lock-tls-'));
    ownDirectory(directory);
    await Promise.all(['server', 'client', 'stranger'].map(certificate));
    etcd = await startEtcd();
    // etcd behind an end of TLS that wants to see the client's certificate.
    server = createServer(
      {
        key: pem('server.key'),
        cert: pem('server.crt'),
        ca: pem('client.crt'),
        requestCert: true,
        ALPNProtocols: ['h2'],
      },
      (socket) => {
        const plain = connect(etcd.member.clientPort, '127.0.0.1');
        socket.pipe(plain).pipe(socket);
        for (const end of [socket, plain]) end.on('error', () => {});
      },
    );
    server.on('tlsClientError', () => {});
    host = (await listening(server)).replace('http:', 'https:');
  });
  afterAll(async () => {
    server.close();
    await etcd.stop();
    removeDirectory(directory);
  });

  it('does everything with the right certificates', async () => {
    const store = new EtcdStore({
      hosts: host,
      credentials: {
        rootCertificate: pem('server.crt'),
        privateKey: pem('client.key'),
        certChain: pem('client.crt'),
      },
      grpcOptions: { 'grpc.ssl_target_name_override': 'etcd.test' },
    });
    const log = new WatchLog();
    store.watch(everything, log);
    await log.isCreated();
    const { id } = await store.grantLease(60, call);
    expect(await store.keepAlive(id, call)).toBe(60_000);
    await store.transact(write(put('a')), call);
    expect((await get(store, 'a'))?.version).toBe(1n);
    await store.close();
  });

  const wrong = [
    {
      what: 'a server it has no reason to trust',
      root: 'stranger.crt',
      name: 'etcd.test',
      client: 'client',
    },
    {
      what: 'a server of another name',
      root: 'server.crt',
      name: 'elsewhere.test',
      client: 'client',
    },
    {
      what: 'a server that does not know it',
      root: 'server.crt',
      name: 'etcd.test',
      client: 'stranger',
    },
  ];
  it.each(wrong)(
    'is unavailable with $what',
    async ({ root, name, client }) => {
      const store = new EtcdStore({
        hosts: host,
        credentials: {
          rootCertificate: pem(root),
          privateKey: pem(`${client}.key`),
          certChain: pem(`${client}.crt`),
        },
        grpcOptions: { 'grpc.ssl_target_name_override': name },
      });
      const error = await failure(store.transact(write(put('b')), call));
      expect(error.reason).toBe('unavailable');
      expect(error.outcome).toBe('not-applied');
      await store.close();
    },
  );
});
