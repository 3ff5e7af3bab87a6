import type { OwnServer } from '../../support/own-server.js';

/** Programs that pass gRPC on, each before the member of that name. */
export type Proxies = ReadonlyMap<
  string,
  OwnServer & { readonly port: number }
>;
