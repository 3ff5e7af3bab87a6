import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Etcd3 } from 'etcd3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';

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

describe('a call whose authentication hangs', () => {
  it('ends after its own time, though it waits for a token that another call has more time for', async () => {
    const store = new EtcdStore({ hosts: await silentHost(), auth });
    onTestFinished(() => store.close());
    let patientEnded = false;
    const patient = store
      .read(read, { timeoutMs: 20_000 })
      .finally(() => (patientEnded = true));
    patient.catch(() => {});
    await expect(store.read(read, { timeoutMs: 300 })).rejects.toMatchObject(
      late,
    );
    expect(patientEnded).toBe(false);
  });

  it("ends after its own time over a user's client", async () => {
    const client = new Etcd3({ hosts: await silentHost(), auth });
    const store = new EtcdStore({ client });
    onTestFinished(() => client.close());
    await expect(store.read(read, { timeoutMs: 300 })).rejects.toMatchObject(
      late,
    );
  });
});
