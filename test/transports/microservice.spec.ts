import { Controller } from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { LockService } from 'nestjs-etcd-lock';
import { freePort } from '../support/free-port.js';
import { application } from './support/application.js';
import { ALL_RESULTS, allCells, GUARDED_ORDERS } from './support/cells.js';
import { lockedClass } from './support/locked-class.js';
import {
  describeMatrix,
  type Outcome,
  type Server,
  type Target,
} from './support/matrix.js';

@Controller()
class Pings {
  @MessagePattern('ping')
  ping() {
    return 'pong';
  }
}

type Call = (client: ClientProxy, name: string) => Promise<Outcome>;

async function send(client: ClientProxy, name: string): Promise<Outcome> {
  try {
    const answer = client.send(name, 'id');
    return { value: await lastValueFrom(answer, { defaultValue: undefined }) };
  } catch (error) {
    return { error };
  }
}

/** Nobody answers an event. What it does is over, or begun and in the log, after some messages. */
async function emit(client: ClientProxy, name: string): Promise<Outcome> {
  await lastValueFrom(client.emit(name, 'id'), { defaultValue: undefined });
  for (let trip = 0; trip < 5; trip++) await send(client, 'ping');
  return 'silence';
}

const start = (
  route: (name: string) => MethodDecorator[],
  call: Call,
): Target['start'] =>
  async function (stage, cells, locks): Promise<Server> {
    const type = lockedClass(stage, cells, {
      route: ({ name }) => route(name),
      parameter: () => Payload(),
      failure: () => new RpcException('of the method'),
    });
    Controller()(type);
    const app = await application({
      imports: [locks.module()],
      controllers: [type, Pings],
    });
    const options = { host: '127.0.0.1', port: await freePort() };
    app.connectMicroservice<MicroserviceOptions>({
      transport: Transport.TCP,
      options,
    });
    await app.startAllMicroservices();
    await app.init();
    stage.watch(app.get(LockService));
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options,
    });
    return {
      methodOf: ({ name }) => type.prototype[name]!,
      call: ({ name }) => call(client, name),
      close: async () => {
        await client.close();
        await app.close();
      },
    };
  };

const message: Target['expected'] = {
  value: { value: 'value' },
  failure: { error: { status: 'error', message: 'of the method' } },
  denied: { error: { status: 'error', message: 'Forbidden resource' } },
  busy: () => ({
    error: {
      status: 'error',
      code: 'LOCK_BUSY',
      message: 'Somebody else is at work on this. Try again later.',
    },
  }),
  skipped: { value: undefined },
  fallback: { value: 'fallback' },
};

describeMatrix(
  {
    name: 'a message pattern over TCP',
    orders: GUARDED_ORDERS,
    results: ALL_RESULTS,
    start: start((name) => [MessagePattern(name)], send),
    expected: message,
  },
  allCells,
);

describeMatrix({
  name: 'an event pattern over TCP',
  orders: GUARDED_ORDERS,
  results: ALL_RESULTS,
  start: start((name) => [EventPattern(name) as MethodDecorator], emit),
  expected: {
    value: 'silence',
    failure: 'silence',
    denied: 'silence',
    busy: () => 'silence',
    skipped: 'silence',
    fallback: 'silence',
  },
});
