import {
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { noop } from 'cockatiel';
import { Etcd3 } from 'etcd3';
import { config } from '../config.js';

function connect(): Etcd3 {
  return new Etcd3({
    hosts: config.etcdHosts,
    // By default etcd3 repeats a write whose answer got lost. Such a repetition can land after
    // the lock has passed to somebody else.
    faultHandling: { host: () => noop, global: noop },
    defaultCallOptions: ({ isStream }) =>
      isStream ? {} : { deadline: Date.now() + 5_000 },
  });
}

/** The shop's own connection to etcd, where it keeps its data. The locks bring their own. */
@Global()
@Module({
  providers: [{ provide: Etcd3, useFactory: connect }],
  exports: [Etcd3],
})
export class EtcdModule implements OnApplicationShutdown {
  constructor(@Inject(Etcd3) private readonly etcd: Etcd3) {}

  onApplicationShutdown() {
    this.etcd.close();
  }
}
