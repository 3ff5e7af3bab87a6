import {
  type handleBidiStreamingCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import {
  Etcd3,
  type ILeaseKeepAliveRequest,
  type IWatchRequest,
  type IWatchResponse,
} from 'etcd3';

export type KeepAliveCall = ServerDuplexStream<
  ILeaseKeepAliveRequest,
  { ID: string; TTL: string }
>;

export type WatchCall = ServerDuplexStream<
  IWatchRequest,
  Partial<Omit<IWatchResponse, 'header'>> & { header: { revision: string } }
>;

export interface FakeEtcd {
  readonly endpoint: string;
  stop(): void;
}

/** Streams that answer as the test wants: for what a real etcd does too seldom. */
export async function fakeEtcd(script: {
  keepAlive?: (call: KeepAliveCall) => void;
  watch?: (call: WatchCall) => void;
}): Promise<FakeEtcd> {
  const server = new Server();
  const { keepAlive, watch } = script;
  if (keepAlive) {
    server.addService(await definition('Lease'), {
      leaseKeepAlive: keepAlive as handleBidiStreamingCall<unknown, unknown>,
    });
  }
  if (watch) {
    server.addService(await definition('Watch'), {
      watch: watch as handleBidiStreamingCall<unknown, unknown>,
    });
  }
  const port = await new Promise<number>((resolve, reject) => {
    const credentials = ServerCredentials.createInsecure();
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () => server.forceShutdown(),
  };
}

/** etcd's interface definition, out of the client that etcd3 makes from it. */
async function definition(
  service: 'Lease' | 'Watch',
): Promise<ServiceClientConstructor['service']> {
  const etcd = new Etcd3({ hosts: 'http://127.0.0.1:1' });
  const made = await etcd['pool'].withConnection(
    service,
    ({ client }) => client,
  );
  etcd.close();
  return (made.constructor as ServiceClientConstructor).service;
}
