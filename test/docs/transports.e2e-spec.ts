import type { AddressInfo } from 'node:net';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { GraphQLModule } from '@nestjs/graphql';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { aWhile, Overlap } from './support/overlap.js';
import { RecipeStage } from './support/recipe-stage.js';

let stage: RecipeStage;
beforeAll(async () => {
  stage = await RecipeStage.open();
});
afterAll(() => stage?.close());

async function twoServers(
  metadata: ModuleMetadata,
): Promise<[INestApplication, INestApplication]> {
  const start = async () => {
    const app = await stage.application(metadata);
    await app.listen(0, '127.0.0.1');
    return app;
  };
  const one = await start();
  return [one, await start()];
}

const urlOf = (app: INestApplication) =>
  `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;

it('an interval: stays with the instance that ran it first, and passes on as that one closes', async () => {
  const the = await stage.recipe('outbox.ts');
  const senders: string[] = [];
  const instance = (name: string) =>
    stage.application({
      providers: [
        the('Outbox'),
        {
          provide: the('Messages'),
          useValue: { sendPending: async () => void senders.push(name) },
        },
      ],
    });
  const [one, two] = [await instance('one'), await instance('two')];
  const tick = (app: INestApplication) =>
    app.get<{ send(): Promise<void> }>(the('Outbox')).send();
  await one.init();
  await two.init();

  for (const _ of 'abc') {
    await tick(one);
    await tick(two);
  }
  expect(senders).toEqual(['one', 'one', 'one']);

  await one.close();
  await tick(two);
  expect(senders.at(-1)).toBe('two');
});

it('an event listener: one of two instances that hear of it acts', async () => {
  const the = await stage.recipe('restock.ts');
  const ordered: string[] = [];
  const supplier = { order: async (sku: string) => void ordered.push(sku) };
  const [one, two] = await twoServers({
    imports: [EventEmitterModule.forRoot()],
    providers: [
      the('Restock'),
      { provide: the('Supplier'), useValue: supplier },
    ],
  });
  const hear = (app: INestApplication, sku: string) =>
    app.get(EventEmitter2).emitAsync('stock.low', { sku });

  await Promise.all([hear(one, 'lamp'), hear(two, 'lamp')]);
  await hear(two, 'lamp');
  await hear(two, 'chair');

  expect(ordered).toEqual(['lamp', 'chair']);
});

it('rooms of a gateway: no move is lost, whichever instance it reaches', async () => {
  const the = await stage.recipe('rooms-gateway.ts');
  const positions = new Map<string, number>();
  const rooms = {
    position: async (room: string) => positions.get(room) ?? 0,
    async save(room: string, position: number) {
      await aWhile();
      positions.set(room, position);
    },
  };
  const servers = await twoServers({
    providers: [
      the('RoomsGateway'),
      { provide: the('Rooms'), useValue: rooms },
    ],
  });
  const sockets = servers.map((server) => {
    const socket = io(urlOf(server), { transports: ['websocket'] });
    onTestFinished(() => void socket.close());
    return socket;
  });

  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      sockets[n % 2]!.emitWithAck('move', { room: 'a', by: 1 }),
    ),
  );

  expect(positions.get('a')).toBe(10);
  expect([...answers].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 10 }, (_, n) => n + 1),
  );
});

it('a mutation: a seat is given once, and who waits for too long is told a code', async () => {
  const the = await stage.recipe('booking-resolver.ts');
  const guests = new Map<string, string>();
  const overlap = new Overlap();
  const seats = {
    guestOf: async (seat: string) => guests.get(seat) ?? null,
    give: (seat: string, guest: string) =>
      overlap.during(async () => {
        await aWhile();
        guests.set(seat, guest);
      }),
  };
  const servers = await twoServers({
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
      }),
    ],
    providers: [
      the('BookingResolver'),
      { provide: the('Seats'), useValue: seats },
    ],
  });
  const book = async (guest: number) => {
    const response = await fetch(`${urlOf(servers[guest % 2]!)}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: `mutation { book(seat: "12a", guest: "${guest}") }`,
      }),
    });
    return (await response.json()) as {
      data?: { book: boolean };
      errors?: { extensions: { code: string } }[];
    };
  };

  const answers = await Promise.all([1, 2, 3, 4].map(book));

  expect(answers.filter(({ data }) => data?.book)).toHaveLength(1);
  expect(answers.filter(({ data }) => data?.book === false)).toHaveLength(3);
  expect(overlap.most).toBe(1);

  await using _ = await stage.locksOf(servers[0]).acquire('seat:12a');
  const { errors } = await book(5);
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual([
    'LOCK_TIMEOUT',
  ]);
});
