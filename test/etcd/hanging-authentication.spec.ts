import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Etcd3 } from 'etcd3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { within } from '../support/wait-until.js';

const auth = { username: 'app', password: 'secret' };
const read = { kind: 'range', range: { key: 'a' } } as const;
const late = { reason: 'timeout', outcome: 'not-applied' };

/** Accepts every connection, and never says a word. */
async function silentHost(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a call was told, if it was told in ten times its time. */
function endOf(call: Promise<unknown>): Promise<unknown> {
  const told = call.catch((error: unknown) => error);
  return within(told, 'the end of a call', 3_000);
}

describe('a call whose authentication hangs', () => {
  it('ends after its own time, though it waits for a token that another call has more time for', async () => {
    const store = new EtcdStore({ hosts: await silentHost(), auth });
    onTestFinished(() => store.close());
    store.read(read, { timeoutMs: 20_000 }).catch(() => {});
    expect(await endOf(store.read(read, { timeoutMs: 300 }))).toMatchObject(
      late,
    );
  });

  it("ends after its own time over a user's client", async () => {
    const client = new Etcd3({ hosts: await silentHost(), auth });
    const store = new EtcdStore({ client });
    onTestFinished(() => client.close());
    expect(await endOf(store.read(read, { timeoutMs: 300 }))).toMatchObject(
      late,
    );
  });
});
