export type {
  Credentials,
  MemberCount,
  MemberStatus,
  Token,
} from './cluster.js';
export type { Answer, Header } from './header.js';
export type { ReadRequest } from './kv-requests.js';
export type { LeaseGrant, RemainingLife, Renewal } from './lease.js';
export type { Method } from './method.js';
export * from './methods.js';
export type { WatchReply, WatchRequest } from './watch.js';
export { WireError } from './wire-error.js';
