import { once } from 'node:events';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, type INestApplication, type Type } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { lastValueFrom } from 'rxjs';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { freePort } from '../../support/free-port.js';
import { NEST_TELLS_ON_WS } from '../../support/nest-version.js';
import { addressOf } from './application.js';

export interface Caller {
  /** What the caller of a method is told that fails. */
  failureOf(method: string): Promise<unknown>;
  close(): unknown;
}

/** A way to put methods of a class into the reach of clients. */
export interface Way {
  readonly type: () => ClassDecorator;
  readonly route: (name: string) => MethodDecorator;
  readonly as: 'controllers' | 'providers';
  readonly imports?: (methods: readonly string[]) => Type[];
  serve(app: INestApplication): Promise<Caller>;
}

const ALL_WAYS: Record<string, Way> = {
  'a microservice': {
    type: () => Controller(),
    route: (name) => MessagePattern(name),
    as: 'controllers',
    async serve(app) {
      const options = { host: '127.0.0.1', port: await freePort() };
      const transport = Transport.TCP;
      app.connectMicroservice<MicroserviceOptions>({ transport, options });
      await app.startAllMicroservices();
      await app.init();
      const client = ClientProxyFactory.create({ transport, options });
      return {
        failureOf: (name) =>
          lastValueFrom(client.send(name, '')).then(
            () => undefined,
            (error: unknown) => error,
          ),
        close: () => client.close(),
      };
    },
  },
  'a gateway on socket.io': {
    type: () => WebSocketGateway(),
    route: (name) => SubscribeMessage(name),
    as: 'providers',
    async serve(app) {
      app.useWebSocketAdapter(new IoAdapter(app));
      const socket = io(`http://${await addressOf(app)}`, {
        transports: ['websocket'],
      });
      return {
        failureOf: (name) =>
          new Promise((resolve) => {
            socket.once('exception', resolve);
            socket.emit(name, '');
          }),
        close: () => socket.close(),
      };
    },
  },
  'a gateway on ws': {
    type: () => WebSocketGateway(),
    route: (name) => SubscribeMessage(name),
    as: 'providers',
    async serve(app) {
      app.useWebSocketAdapter(new WsAdapter(app));
      const socket = new WebSocket(`ws://${await addressOf(app)}`);
      await once(socket, 'open');
      return {
        async failureOf(name) {
          const answered = once(socket, 'message');
          socket.send(JSON.stringify({ event: name, data: '' }));
          const [text] = await answered;
          return JSON.parse(String(text)).data;
        },
        close: () => socket.close(),
      };
    },
  },
  GraphQL: {
    type: () => Resolver(),
    route: (name) => Query(name),
    as: 'providers',
    imports: (methods) => [
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        typeDefs: `type Query { ${methods.map((name) => `${name}: String`).join(' ')} }`,
      }) as never,
    ],
    async serve(app) {
      const url = `http://${await addressOf(app)}/graphql`;
      return {
        async failureOf(name) {
          const response = await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ query: `{ ${name} }` }),
          });
          const { errors } = (await response.json()) as any;
          const { message, extensions } = errors[0];
          return { message, extensions };
        },
        close: () => {},
      };
    },
  },
};

/** Those on which Nest tells a client of an exception. */
export const WAYS = Object.fromEntries(
  Object.entries(ALL_WAYS).filter(
    ([name]) => name !== 'a gateway on ws' || NEST_TELLS_ON_WS,
  ),
);
