import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conditions } from './conditions.js';
import { peerSource } from './peer-source.js';
import { Wire } from './wire.js';

describe('a wire', () => {
  let server: Server;
  let conditions: Conditions;
  let wire: Wire;
  const open: Socket[] = [];
  beforeEach(async () => {
    conditions = new Conditions();
    server = createServer((socket) => {
      open.push(socket);
      socket.on('error', () => {});
      socket.on('data', (bytes) => socket.write(`re ${bytes.toString()}`));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const source = peerSource((id) => (id === 10n ? 'a' : undefined));
    wire = await Wire.start({ port, target: 'b', conditions, source });
  });
  afterEach(() => {
    wire.close();
    server.close();
    for (const socket of open.splice(0)) socket.destroy();
  });

  async function dial(): Promise<{ socket: Socket; heard: () => string }> {
    const socket = connect(Number(new URL(wire.endpoint).port), '127.0.0.1');
    open.push(socket);
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (bytes) => (text += bytes.toString()));
    await once(socket, 'connect');
    return { socket, heard: () => text };
  }

  const cut = (from: string, to: string) =>
    conditions.add((one, other) =>
      one === from && other === to ? { held: true } : undefined,
    );

  it('carries bytes both ways', async () => {
    const { socket, heard } = await dial();
    socket.write('one');
    await expect.poll(heard).toBe('re one');
  });

  it('holds what is sent in a direction that is cut, and delivers it in order later', async () => {
    const heal = cut('a', 'b');
    const { socket, heard } = await dial();
    socket.write('X-Server-From: a');
    const other = await dial();
    other.socket.write('passes');
    await expect.poll(other.heard).toBe('re passes');
    socket.write(' and more');
    expect(heard()).toBe('');
    heal();
    await expect.poll(heard).toMatch(/X-Server-From: a.* and more/);
  });

  it('lets replies pass when only the requests are cut', async () => {
    const { socket, heard } = await dial();
    socket.write('X-Server-From: a');
    await expect.poll(heard).toContain('From: a');
    cut('a', 'b');
    const [served] = open.filter((one) => one !== socket);
    served!.write('pushed');
    await expect.poll(heard).toContain('pushed');
  });

  it('delivers what a client sent before it went away', async () => {
    const heal = cut('a', 'b');
    const { socket } = await dial();
    socket.write('X-Server-From: a');
    socket.end('late');
    await once(socket, 'close');
    const [served] = open.filter((one) => one !== socket);
    const arrived = once(served!, 'data');
    heal();
    expect(String((await arrived)[0])).toContain('From: a');
  });

  it('loses the next reply, and resets', async () => {
    const { socket, heard } = await dial();
    const reset = expect(once(socket, 'close')).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    wire.nextReply = 'is lost';
    socket.write('one');
    await reset;
    expect(heard()).toBe('');
    const next = await dial();
    next.socket.write('two');
    await expect.poll(next.heard).toBe('re two');
  });
});
