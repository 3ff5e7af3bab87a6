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

/** Over the hosts; or, where `LOCK_ROAD` is `client`, over an `Etcd3` as users have it. */
export function storeOnRoad({
  hosts,
  auth,
}: Pick<EtcdHostsOptions, 'hosts' | 'auth'>): EtcdStore {
  if (process.env['LOCK_ROAD'] !== 'client') {
    return new EtcdStore({ hosts, auth });
  }
  return new StoreWithClient(
    new Etcd3({
      hosts: [hosts].flat(),
      ...(auth && { auth }),
      // As the docstring of the option advises.
      grpcOptions: { 'grpc.keepalive_time_ms': 6_000 },
    }),
  );
}
