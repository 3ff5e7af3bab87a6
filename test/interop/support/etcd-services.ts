import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

/**
 * What clients without a recipe of their own ask of the server, as etcd describes it: its services
 * for locks and elections, and the leases that those take. Nothing of the library is in it.
 */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message LeaseGrantRequest { int64 TTL = 1; int64 ID = 2; }
  message LeaseGrantResponse { int64 ID = 2; int64 TTL = 3; }
  message LeaseKeepAliveRequest { int64 ID = 1; }
  message LeaseKeepAliveResponse { int64 ID = 2; int64 TTL = 3; }
  message LeaseRevokeRequest { int64 ID = 1; }
  message LeaseRevokeResponse {}
  message LockRequest { bytes name = 1; int64 lease = 2; }
  message LockResponse { bytes key = 2; }
  message UnlockRequest { bytes key = 1; }
  message UnlockResponse {}
  message LeaderKey { bytes name = 1; bytes key = 2; int64 rev = 3; int64 lease = 4; }
  message CampaignRequest { bytes name = 1; int64 lease = 2; bytes value = 3; }
  message CampaignResponse { LeaderKey leader = 2; }
  message ResignRequest { LeaderKey leader = 1; }
  message ResignResponse {}
  message KeyValue { bytes key = 1; bytes value = 5; }
  message LeaderRequest { bytes name = 1; }
  message LeaderResponse { KeyValue kv = 2; }
`);

interface LeaderKey {
  readonly key: Buffer;
}

export interface Seen {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** A connection to the services of one member. */
export class EtcdServices {
  private readonly client: Client;
  private renewals: NodeJS.Timeout | undefined;

  constructor(endpoint: string) {
    this.client = new Client(
      new URL(endpoint).host,
      credentials.createInsecure(),
    );
  }

  /** A lease that is kept alive until {@link close} ends it. */
  async lease(ttlSeconds: number): Promise<string> {
    const { ID } = await this.call<{ ID: string }>(
      'etcdserverpb.Lease/LeaseGrant',
      { TTL: ttlSeconds },
    );
    const stream = this.client.makeBidiStreamRequest(
      '/etcdserverpb.Lease/LeaseKeepAlive',
      encode('LeaseKeepAliveRequest'),
      decode('LeaseKeepAliveResponse'),
    );
    stream.on('error', () => {});
    stream.resume();
    this.renewals = setInterval(
      () => stream.write({ ID }),
      (ttlSeconds * 1000) / 3,
    );
    return ID;
  }

  lock(name: string, lease: string): Promise<{ key: Buffer }> {
    return this.call('v3lockpb.Lock/Lock', { name: Buffer.from(name), lease });
  }

  async unlock(key: Buffer): Promise<void> {
    await this.call('v3lockpb.Lock/Unlock', { key });
  }

  async campaign(
    name: string,
    lease: string,
    value: string,
  ): Promise<LeaderKey> {
    const { leader } = await this.call<{ leader: LeaderKey }>(
      'v3electionpb.Election/Campaign',
      { name: Buffer.from(name), lease, value: Buffer.from(value) },
    );
    return leader;
  }

  async resign(leader: LeaderKey): Promise<void> {
    await this.call('v3electionpb.Election/Resign', { leader });
  }

  /** Hears of each leader, from the one who leads now on. */
  observe(name: string, seen: (leader: Seen) => void): void {
    const stream = this.client.makeServerStreamRequest(
      '/v3electionpb.Election/Observe',
      encode('LeaderRequest'),
      decode('LeaderResponse'),
      { name: Buffer.from(name) },
    );
    stream.on('error', () => {});
    stream.on('data', ({ kv }: { kv: Seen }) => seen(kv));
  }

  /** Ends the lease, if there is one, and with it whatever stands on it. */
  async close(lease?: string): Promise<void> {
    clearInterval(this.renewals);
    if (lease) await this.call('etcdserverpb.Lease/LeaseRevoke', { ID: lease });
    this.client.close();
  }

  private call<T>(method: string, request: object): Promise<T> {
    const name = method.slice(method.indexOf('/') + 1);
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        `/${method}`,
        encode(`${name}Request`),
        decode(`${name}Response`),
        request,
        (error: ServiceError | null, reply?: unknown) =>
          error ? reject(error) : resolve(reply as T),
      );
    });
  }
}

function encode(name: string) {
  const type = root.lookupType(name);
  return (message: object) =>
    Buffer.from(type.encode(type.fromObject(message)).finish());
}

function decode(name: string) {
  const type = root.lookupType(name);
  return (bytes: Buffer) =>
    type.toObject(type.decode(bytes), { longs: String, bytes: Buffer });
}
