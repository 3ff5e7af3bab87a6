/**
 * An `Etcd3` of npm `etcd3` 1.1, by what everybody can see of it: so neither it nor its gRPC need
 * be installed where nobody uses one, and it may come from any copy.
 */
export interface Etcd3Client {
  readonly kv: object;
  readonly leaseClient: object;
  readonly watchClient: object;
  close(): void;
}

/** What is used of the client, besides what its declaration tells. */
export interface Etcd3Parts {
  readonly pool: {
    readonly hosts?: readonly unknown[];
    readonly callOptionsFactory?: CallOptionsFactory | undefined;
    withConnection<T>(
      service: string,
      use: (connection: PooledConnection) => T,
    ): Promise<T>;
  };
  readonly kv: {
    range(request: object, options: object): Promise<unknown>;
  };
}

type CallOptionsFactory =
  CallOptions | ((context: Record<string, unknown>) => CallOptions);

export interface CallOptions {
  readonly deadline?: unknown;
}

export interface PooledConnection {
  readonly client: GrpcClient;
  readonly metadata: GrpcMetadata;
}

export interface GrpcMetadata {
  clone(): GrpcMetadata;
  set(name: string, value: string): void;
  get(name: string): readonly unknown[];
}

type ToBytes = (message: Buffer) => Buffer;

/** The generic calls that every client of gRPC has. */
export interface GrpcClient {
  makeUnaryRequest(
    path: string,
    serialize: ToBytes,
    deserialize: ToBytes,
    message: Buffer,
    metadata: GrpcMetadata,
    options: object,
    callback: (error: GrpcError | null, reply?: Buffer) => void,
  ): { cancel(): void };
  makeBidiStreamRequest(
    path: string,
    serialize: ToBytes,
    deserialize: ToBytes,
    metadata: GrpcMetadata,
    options: object,
  ): GrpcStream;
}

export interface GrpcStream {
  on(event: 'data', listener: (message: Buffer) => void): void;
  on(event: 'error', listener: (error: GrpcError) => void): void;
  on(event: 'end', listener: () => void): void;
  write(message: Buffer): void;
  cancel(): void;
}

export interface GrpcError extends Error {
  readonly code?: unknown;
  readonly details?: unknown;
}
