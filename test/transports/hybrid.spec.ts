import { Controller, Get, Param } from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { LockService } from 'nestjs-etcd-lock';
import { freePort } from '../support/free-port.js';
import { addressOf, application } from './support/application.js';
import { ALL_RESULTS, GUARDED_ORDERS } from './support/cells.js';
import { lockedClass } from './support/locked-class.js';
import { describeMatrix, type Outcome, type Target } from './support/matrix.js';

type Call = (
  name: string,
  way: { readonly address: string; readonly client: ClientProxy },
) => Promise<Outcome>;

const viaHttp: Call = async (name, { address }) => {
  const response = await fetch(`http://${address}/${name}/id`);
  const value = await response.text();
  return response.ok ? { value } : { error: response.status };
};

const viaTcp: Call = async (name, { client }) => {
  try {
    const answer = client.send(name, 'id');
    return { value: await lastValueFrom(answer, { defaultValue: undefined }) };
  } catch (error) {
    return { error };
  }
};

/** One method that answers requests and messages. */
const start = (call: Call): Target['start'] =>
  async function (stage, cells, locks) {
    const type = lockedClass(stage, cells, {
      route: ({ name }) => [Get(`${name}/:id`), MessagePattern(name)],
      parameter: () => (target, name, index) => {
        Param('id')(target, name, index);
        Payload()(target, name, index);
      },
    });
    Controller()(type);
    const app = await application({
      imports: [locks.module()],
      controllers: [type],
    });
    const options = { host: '127.0.0.1', port: await freePort() };
    app.connectMicroservice<MicroserviceOptions>({
      transport: Transport.TCP,
      options,
    });
    await app.startAllMicroservices();
    const address = await addressOf(app);
    stage.watch(app.get(LockService));
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options,
    });
    return {
      methodOf: ({ name }) => type.prototype[name]!,
      call: ({ name }) => call(name, { address, client }),
      close: async () => {
        await client.close();
        await app.close();
      },
    };
  };

describeMatrix({
  name: 'a method of a hybrid application, called over HTTP',
  orders: GUARDED_ORDERS,
  results: ALL_RESULTS,
  start: start(viaHttp),
  expected: {
    value: { value: 'value' },
    failure: { error: 500 },
    denied: { error: 403 },
    busy: () => ({ error: 423 }),
    skipped: { value: '' },
    fallback: { value: 'fallback' },
  },
});

describeMatrix({
  name: 'a method of a hybrid application, called over TCP',
  orders: GUARDED_ORDERS,
  results: ALL_RESULTS,
  start: start(viaTcp),
  expected: {
    value: { value: 'value' },
    failure: { error: { status: 'error', message: 'Internal server error' } },
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
  },
});
