import type { StoreError } from '../core/index.js';

/** What one host says of itself. */
export interface HostSurvey {
  /** As it was configured; undefined when a client of the user's picked it. */
  readonly host: string | undefined;
  /** In hexadecimal, as `etcdctl` shows it. */
  readonly clusterId: string;
  /** In hexadecimal. Two hosts may be ways to one member. */
  readonly memberId: string;
  readonly version: string;
  readonly learner: boolean;
  /** Alarms of the whole cluster, as this member knows them: `'NOSPACE'`, `'CORRUPT'`. */
  readonly alarms: readonly string[];
  readonly databaseBytes: number;
  /** Whether `etcd grpc-proxy` stands before it; undefined where that could not be tried. */
  readonly grpcProxy: boolean | undefined;
}

/** A host that did not answer, and why. */
export interface SilentHost {
  readonly host: string | undefined;
  readonly error: StoreError;
}

/** An etcd cluster, as seen through the hosts that a store was given. */
export interface ClusterSurvey {
  /** Those that answer; empty where the user may not ask any of them what it is. */
  readonly hosts: readonly HostSurvey[];
  readonly silent: readonly SilentHost[];
  /** Of the cluster of the first host; undefined where that may not be asked. */
  readonly members:
    { readonly voters: number; readonly learners: number } | undefined;
  /** The shortest TTL that a lease is granted; undefined where that could not be tried. */
  readonly minimumTtlMs: number | undefined;
  /** Whether the calls carried the token of a user. */
  readonly authenticated: boolean;
  /** What could not be learnt, and why. */
  readonly unknown: readonly string[];
}
