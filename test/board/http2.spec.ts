import {
  type ClientHttp2Session,
  connect,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { EtcdLockBoardModule } from 'nestjs-etcd-lock/board';
import { expect, it, onTestFinished } from 'vitest';
import { World } from '../nest/support/harness.js';
import { waitUntil } from '../support/wait-until.js';

/** A board that is served by HTTP/2 without TLS, to viewers on one connection. */
async function boardOnHttp2() {
  const world = new World();
  const module = await Test.createTestingModule({
    imports: [world.module, EtcdLockBoardModule.forRoot()],
  }).compile();
  const adapter = new FastifyAdapter({ http2: true });
  const app = module.createNestApplication(adapter, { logger: false });
  const server = app.getHttpServer() as Http2Server;
  const streams: ServerHttp2Stream[] = [];
  server.on('stream', (stream: ServerHttp2Stream) => streams.push(stream));
  await app.listen(0, '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  const session = connect(`http://127.0.0.1:${port}`);
  const look = () => {
    const viewer = session.request({ ':path': '/locks/events' });
    return viewer.setEncoding('utf8').on('error', () => {});
  };
  onTestFinished(async () => {
    session.destroy();
    await app.close();
  });
  return { rival: world.rival, look, streams };
}

function reads(viewer: ReturnType<ClientHttp2Session['request']>) {
  let text = '';
  viewer.on('data', (chunk: string) => (text += chunk));
  return (part: string) =>
    waitUntil(() => text.includes(part), { what: `${part} to be sent` });
}

it('tells a viewer on HTTP/2 of the locks', async () => {
  const { rival, look } = await boardOnHttp2();
  await rival.acquire('a');

  const sees = reads(look());
  await sees('"key":"a"');
});

it('has one piece wait for a viewer on HTTP/2 who does not read', async () => {
  const { rival, look, streams } = await boardOnHttp2();
  const metadata = { text: 'x'.repeat(1_900) };
  for (let index = 0; index < 500; index += 1) {
    await rival.acquire(`k${index}`, { metadata });
  }
  look().pause();
  const [stream] = await waitUntil(() => streams.length > 0 && streams);
  const sees = reads(look());
  for (let round = 0; round < 3; round += 1) {
    await rival.acquire(`more${round}`, { metadata });
    await sees(`"key":"more${round}"`);
    await sees('"complete":true');
  }

  expect(stream!.writableLength).toBeGreaterThan(0);
  expect(stream!.writableLength).toBeLessThan(100_000);
});
