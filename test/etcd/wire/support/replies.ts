import fc from 'fast-check';
import * as wire from '../../../../lib/etcd/wire/index.js';
import {
  event,
  int64,
  rangeReply,
  revision,
  transactionReply,
} from './arbitraries.js';
import {
  asEvent,
  asHeader,
  asRangeReply,
  asTransactionReply,
} from './as-defined.js';
import { bytesOf } from './definition.js';

/** What reads each kind of reply. */
export const READERS = {
  TxnResponse: wire.TXN,
  RangeResponse: wire.RANGE,
  LeaseGrantResponse: wire.LEASE_GRANT,
  LeaseRevokeResponse: wire.LEASE_REVOKE,
  LeaseTimeToLiveResponse: wire.LEASE_TIME_TO_LIVE,
  LeaseKeepAliveResponse: wire.LEASE_KEEP_ALIVE,
  WatchResponse: wire.WATCH,
  AuthenticateResponse: wire.AUTHENTICATE,
  MemberListResponse: wire.MEMBER_LIST,
  StatusResponse: wire.STATUS,
} as const;

export interface Reply {
  readonly name: keyof typeof READERS;
  readonly bytes: Buffer;
}

/** A valid one of any kind. */
export const reply: fc.Arbitrary<Reply> = revision.chain((at) => {
  const header = asHeader(at);
  const of = (name: Reply['name'], plain: object): Reply => ({
    name,
    bytes: bytesOf(name, { header, ...plain }),
  });
  const ofLease = int64.map((id) => ({ ID: id.toString(), TTL: -1 }));
  return fc.oneof(
    transactionReply.map((one) =>
      of('TxnResponse', asTransactionReply(one, header)),
    ),
    rangeReply.map((one) => of('RangeResponse', asRangeReply(one, header))),
    fc.array(event, { maxLength: 4 }).map((events) =>
      of('WatchResponse', {
        watch_id: -1,
        created: true,
        cancel_reason: 'ä',
        events: events.map(asEvent),
      }),
    ),
    fc.oneof(
      fc.constantFrom(
        of('LeaseGrantResponse', { ID: '7587870123456789012', TTL: 10 }),
        of('LeaseRevokeResponse', {}),
        of('AuthenticateResponse', { token: 'a.b' }),
        of('MemberListResponse', {
          members: [{ name: 'a' }, { isLearner: true }],
        }),
        of('StatusResponse', {
          version: '3.5.21',
          dbSize: 9,
          errors: ['alarm:NOSPACE'],
        }),
      ),
      ofLease.map((lease) => of('LeaseKeepAliveResponse', lease)),
      ofLease.map((lease) =>
        of('LeaseTimeToLiveResponse', { ...lease, keys: [Buffer.from('ä')] }),
      ),
    ),
  );
});
