import type {
  CallOptions,
  Client,
  ClientDuplexStream,
  ClientUnaryCall,
  Metadata,
  ServiceError,
} from '@grpc/grpc-js';
import type {
  IAuthenticateRequest,
  IAuthenticateResponse,
  ILeaseGrantRequest,
  ILeaseGrantResponse,
  ILeaseKeepAliveRequest,
  ILeaseKeepAliveResponse,
  ILeaseRevokeRequest,
  ILeaseRevokeResponse,
  ILeaseTimeToLiveRequest,
  ILeaseTimeToLiveResponse,
  IMemberListResponse,
  IRangeRequest,
  IRangeResponse,
  IStatusResponse,
  ITxnRequest,
  ITxnResponse,
  IWatchRequest,
  IWatchResponse,
} from 'etcd3';

export type UnaryCallback<Reply> = (
  error: ServiceError | null,
  reply?: Reply,
) => void;

type Unary<Request, Reply> = (
  request: Request,
  metadata: Metadata,
  options: CallOptions,
  callback: UnaryCallback<Reply>,
) => ClientUnaryCall;

type Duplex<Request, Reply> = (
  metadata: Metadata,
  options: CallOptions,
) => ClientDuplexStream<Request, Reply>;

/** The gRPC clients that etcd3 makes from etcd's interface definition, as far as we use them. */
export interface EtcdServices {
  Auth: Client & {
    authenticate: Unary<IAuthenticateRequest, IAuthenticateResponse>;
  };
  Cluster: Client & {
    memberList: Unary<object, IMemberListResponse>;
  };
  KV: Client & {
    range: Unary<IRangeRequest, IRangeResponse>;
    txn: Unary<ITxnRequest, ITxnResponse>;
  };
  Lease: Client & {
    leaseGrant: Unary<ILeaseGrantRequest, ILeaseGrantResponse>;
    leaseRevoke: Unary<ILeaseRevokeRequest, ILeaseRevokeResponse>;
    leaseTimeToLive: Unary<ILeaseTimeToLiveRequest, ILeaseTimeToLiveResponse>;
    leaseKeepAlive: Duplex<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;
  };
  Maintenance: Client & {
    status: Unary<object, IStatusResponse>;
  };
  Watch: Client & {
    watch: Duplex<IWatchRequest, IWatchResponse>;
  };
}

export type ServiceName = keyof EtcdServices;
