import { once } from 'node:events';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from '@nestjs/websockets';
import { io } from 'socket.io-client';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { LockService } from 'nestjs-etcd-lock';
import { NEST_TELLS_ON_WS } from '../support/nest-version.js';
import { addressOf, application } from './support/application.js';
import { ALL_RESULTS, GUARDED_ORDERS } from './support/cells.js';
import { lockedClass } from './support/locked-class.js';
import { describeMatrix, type Outcome, type Target } from './support/matrix.js';

interface Client {
  call(event: string): Promise<Outcome>;
  close(): void;
}

/** Answers at once: what has not been answered before it will not be. */
@WebSocketGateway()
class Pings {
  @SubscribeMessage('ping')
  ping() {
    return 'pong';
  }
}

async function socketIo(address: string): Promise<Client> {
  const socket = io(`http://${address}`, { transports: ['websocket'] });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return {
    call: (event) =>
      answerOrSilence(
        (answer) => {
          socket.off('exception');
          socket.on('exception', (error) => answer({ error }));
          socket.emit(event, 'id', (value: unknown) => answer({ value }));
        },
        () => socket.emitWithAck('ping', ''),
      ),
    close: () => void socket.close(),
  };
}

async function ws(address: string): Promise<Client> {
  const socket = new WebSocket(`ws://${address}`);
  await once(socket, 'open');
  let hear: (outcome: Outcome) => void = () => {};
  let pong: () => void = () => {};
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message === 'pong') pong();
    else if (message.event !== 'exception') hear({ value: message });
    else hear({ error: message.data });
  });
  const send = (event: string) =>
    socket.send(JSON.stringify({ event, data: 'id' }));
  return {
    call: (event) =>
      answerOrSilence(
        (answer) => {
          hear = answer;
          send(event);
        },
        () =>
          new Promise<void>((answered) => {
            pong = answered;
            send('ping');
          }),
      ),
    close: () => socket.close(),
  };
}

/** Ten round trips outlast an answer that takes one. */
async function answerOrSilence(
  ask: (answer: (outcome: Outcome) => void) => void,
  ping: () => Promise<unknown>,
): Promise<Outcome> {
  let outcome: Outcome | undefined;
  ask((answer) => (outcome = answer));
  for (let trip = 0; trip < 10 && outcome === undefined; trip++) await ping();
  return outcome ?? 'silence';
}

function gateway(kind: 'socket.io' | 'ws'): Target {
  const told = (error: object) =>
    kind === 'socket.io' || NEST_TELLS_ON_WS ? { error } : 'silence';
  const error = (message: string) =>
    told({ status: 'error', message, cause: expect.anything() });
  return {
    name: `a message handler of a gateway on ${kind}`,
    orders: GUARDED_ORDERS,
    results: ALL_RESULTS,
    async start(stage, cells, locks) {
      const type = lockedClass(stage, cells, {
        route: ({ name }) => [SubscribeMessage(name)],
        parameter: () => MessageBody(),
        failure: () => new WsException('of the method'),
      });
      WebSocketGateway()(type);
      const app = await application({
        imports: [locks.module()],
        providers: [type, Pings],
      });
      app.useWebSocketAdapter(
        kind === 'ws' ? new WsAdapter(app) : new IoAdapter(app),
      );
      const address = await addressOf(app);
      stage.watch(app.get(LockService));
      const client = await (kind === 'ws' ? ws : socketIo)(address);
      return {
        methodOf: ({ name }) => type.prototype[name]!,
        call: ({ name }) => client.call(name),
        close: () => {
          client.close();
          return app.close();
        },
      };
    },
    expected: {
      value: { value: 'value' },
      failure: error('of the method'),
      denied: error('Forbidden resource'),
      busy: () =>
        told({
          status: 'error',
          code: 'LOCK_BUSY',
          message: 'Somebody else is at work on this. Try again later.',
        }),
      skipped: 'silence',
      fallback: { value: 'fallback' },
    },
  };
}

describeMatrix(gateway('socket.io'));
describeMatrix(gateway('ws'));
