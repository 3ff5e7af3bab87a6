import { Etcd3 } from 'etcd3';
import { type EtcdHostsOptions, EtcdStore } from '../../lib/etcd/index.js';

/** Closes the client that it was given. */
class StoreWithClient extends EtcdStore {
  constructor(private readonly client: Etcd3) {
    super({ client });
  }

  override async close(): Promise<void> {
    await super.close();
    this.client.close();
  }
}

export type Road = 'hosts' | 'client';

type Where = Pick<EtcdHostsOptions, 'hosts' | 'auth'>;

/** Over the hosts; or, where `LOCK_ROAD` is `client`, over an `Etcd3` as users have it. */
export function storeOnRoad(
  { hosts, auth }: Where,
  road = process.env['LOCK_ROAD'],
): EtcdStore {
  return road === 'client'
    ? new StoreWithClient(etcd3Of({ hosts, auth }))
    : new EtcdStore({ hosts, auth });
}

export function etcd3Of({ hosts, auth }: Where): Etcd3 {
  return new Etcd3({
    hosts: [hosts].flat(),
    ...(auth && { auth }),
    // As the docstring of the option advises.
    grpcOptions: { 'grpc.keepalive_time_ms': 6_000 },
  });
}
