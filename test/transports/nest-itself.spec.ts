import { once } from 'node:events';
import { Controller, Get, Module } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from '@nestjs/websockets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  NEST_SENDS_GENERATORS,
  NEST_TELLS_ON_WS,
} from '../support/nest-version.js';
import { addressOf, application } from './support/application.js';

@WebSocketGateway()
class Gateway {
  @SubscribeMessage('fails')
  fails() {
    throw new WsException('of the method');
  }

  @SubscribeMessage('ping')
  ping() {
    return { event: 'pong' };
  }
}

@Controller()
class Pieces {
  @Get('pieces')
  async *pieces() {
    yield 'first ';
    yield 'last';
  }
}

@Module({ controllers: [Pieces], providers: [Gateway] })
class PlainModule {}

// Our expectations of both differ by the version of Nest. If this fails, they are out of date.
describe('Nest without this library', () => {
  let app: Awaited<ReturnType<typeof application>>;
  let address: string;
  beforeAll(async () => {
    app = await application({ imports: [PlainModule] });
    app.useWebSocketAdapter(new WsAdapter(app));
    address = await addressOf(app);
  });
  afterAll(() => app.close());

  it('tells clients of a gateway on ws of exceptions, from version 12 on', async () => {
    const socket = new WebSocket(`ws://${address}`);
    await once(socket, 'open');
    const events: string[] = [];
    const ponged = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const { event } = JSON.parse(String(data)) as { event: string };
        if (event === 'pong') resolve();
        else events.push(event);
      });
    });
    socket.send(JSON.stringify({ event: 'fails' }));
    socket.send(JSON.stringify({ event: 'ping' }));
    await ponged;
    socket.close();
    expect(events).toEqual(NEST_TELLS_ON_WS ? ['exception'] : []);
  });

  it('sends what a generator yields, from version 12 on', async () => {
    const response = await fetch(`http://${address}/pieces`);
    expect(await response.text()).toBe(
      NEST_SENDS_GENERATORS ? 'first last' : '{}',
    );
  });
});
