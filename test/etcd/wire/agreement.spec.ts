import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  AUTHENTICATE,
  LEASE_GRANT,
  LEASE_KEEP_ALIVE,
  LEASE_REVOKE,
  LEASE_TIME_TO_LIVE,
  MEMBER_LIST,
  RANGE,
  STATUS,
  TXN,
  WATCH,
} from '../../../lib/etcd/wire/index.js';
import {
  event,
  exactNumber,
  int64,
  range,
  rangeReply,
  read,
  record,
  revision,
  text,
  transaction,
  transactionReply,
  uint64,
} from './support/arbitraries.js';
import {
  asEvent,
  asHeader,
  asRange,
  asRangeReply,
  asRead,
  asTransaction,
  asTransactionReply,
} from './support/as-defined.js';
import {
  bytesOf,
  completed,
  type Plain,
  plainOf,
} from './support/definition.js';

/** Thousands of messages take a second or two on a machine that does nothing else. */
const PATIENT = { timeout: 60_000 };

/** protobufjs must read in `bytes` what `plain` says. */
function means(bytes: Buffer, name: string, plain: Plain): void {
  assert.deepEqual(plainOf(name, bytes), completed(name, plain));
}

/** More where there is more to go wrong. */
const MANY = { numRuns: 2_000 };
const texts = fc.array(text, { maxLength: 4 });
const SOME = { numRuns: 1_500 };

describe(
  'a request means to protobufjs, by the definition of etcd, what it means to us:',
  PATIENT,
  () => {
    it('a transaction', () => {
      fc.assert(
        fc.property(transaction, (request) => {
          means(TXN.encode(request), 'TxnRequest', asTransaction(request));
        }),
        MANY,
      );
    });

    it('a read', () => {
      fc.assert(
        fc.property(read, fc.boolean(), (operation, stale) => {
          const plain = { ...asRead(operation), serializable: stale };
          means(RANGE.encode({ operation, stale }), 'RangeRequest', plain);
        }),
        SOME,
      );
    });

    it('whatever names a lease', () => {
      fc.assert(
        fc.property(int64, exactNumber, (lease, ttlSeconds) => {
          const plain = { ID: lease.toString() };
          means(LEASE_REVOKE.encode(lease), 'LeaseRevokeRequest', plain);
          for (const keys of [false, true]) {
            const timeToLive = LEASE_TIME_TO_LIVE.encode({ lease, keys });
            means(timeToLive, 'LeaseTimeToLiveRequest', { ...plain, keys });
          }
          means(LEASE_KEEP_ALIVE.encode(lease), 'LeaseKeepAliveRequest', plain);
          const grant = LEASE_GRANT.encode({ ttlSeconds });
          means(grant, 'LeaseGrantRequest', { TTL: ttlSeconds });
        }),
        SOME,
      );
    });

    it('a watch and its end', () => {
      fc.assert(
        fc.property(range, exactNumber, fc.boolean(), (of, id, deletesOnly) => {
          means(
            WATCH.encode({ kind: 'create', id, range: of, deletesOnly }),
            'WatchRequest',
            {
              create_request: {
                ...asRange(of),
                watch_id: id,
                fragment: true,
                filters: deletesOnly ? ['Noput'] : [],
              },
            },
          );
          means(WATCH.encode({ kind: 'cancel', id }), 'WatchRequest', {
            cancel_request: { watch_id: id },
          });
        }),
        SOME,
      );
    });

    it('a user, and what needs no words', () => {
      fc.assert(
        fc.property(text, text, (username, password) => {
          means(
            AUTHENTICATE.encode({ username, password }),
            'AuthenticateRequest',
            { name: username, password },
          );
        }),
        SOME,
      );
      means(STATUS.encode(), 'StatusRequest', {});
      means(MEMBER_LIST.encode(), 'MemberListRequest', {});
    });
  },
);

describe(
  'a reply that protobufjs wrote by the definition of etcd is read as what it says:',
  PATIENT,
  () => {
    it('that of a transaction', () => {
      fc.assert(
        fc.property(transactionReply, (reply) => {
          const plain = asTransactionReply(reply, asHeader(reply.revision));
          assert.deepEqual(TXN.decode(bytesOf('TxnResponse', plain)), reply);
        }),
        MANY,
      );
    });

    it('that of a read', () => {
      fc.assert(
        fc.property(rangeReply, revision, (reply, at) => {
          const bytes = bytesOf(
            'RangeResponse',
            asRangeReply(reply, asHeader(at)),
          );
          assert.deepEqual(RANGE.decode(bytes), { ...reply, revision: at });
        }),
        SOME,
      );
    });

    it('those about leases', () => {
      fc.assert(
        fc.property(
          int64,
          exactNumber,
          int64,
          texts,
          (id, seconds, at, keys) => {
            const header = asHeader(at);
            const plain = { header, ID: id.toString(), TTL: seconds };
            const ttlMs = seconds * 1000;
            if (id !== 0n) {
              assert.deepEqual(
                LEASE_GRANT.decode(bytesOf('LeaseGrantResponse', plain)),
                { id, ttlMs, revision: at },
              );
            }
            assert.deepEqual(
              LEASE_KEEP_ALIVE.decode(bytesOf('LeaseKeepAliveResponse', plain)),
              { lease: id, ttlMs: seconds > 0 ? ttlMs : 'gone', revision: at },
            );
            assert.deepEqual(
              LEASE_TIME_TO_LIVE.decode(
                bytesOf('LeaseTimeToLiveResponse', {
                  ...plain,
                  grantedTTL: 9,
                  keys: keys.map((key) => Buffer.from(key)),
                }),
              ),
              { ttlMs: seconds < 0 ? 'gone' : ttlMs, keys, revision: at },
            );
            assert.deepEqual(
              LEASE_REVOKE.decode(bytesOf('LeaseRevokeResponse', { header })),
              { revision: at },
            );
          },
        ),
        SOME,
      );
    });

    it('that about watches', () => {
      const reply = record({
        id: exactNumber,
        created: fc.boolean(),
        canceled: fc.boolean(),
        compactRevision: int64,
        cancelReason: text,
        events: fc.array(event, { maxLength: 4 }),
        revision: int64,
      });
      fc.assert(
        fc.property(reply, fc.boolean(), (expected, fragment) => {
          const bytes = bytesOf('WatchResponse', {
            header: asHeader(expected.revision),
            watch_id: expected.id,
            created: expected.created,
            canceled: expected.canceled,
            compact_revision: expected.compactRevision.toString(),
            cancel_reason: expected.cancelReason,
            fragment,
            events: expected.events.map(asEvent),
          });
          assert.deepEqual(WATCH.decode(bytes), expected);
        }),
        SOME,
      );
    });

    it('those about a user, a member and its cluster', () => {
      const words = record({
        clusterId: uint64,
        memberId: uint64,
        revision: int64,
        version: text,
        learner: fc.boolean(),
        errors: fc.array(text, { maxLength: 3 }),
        databaseBytes: exactNumber,
      });
      const learners = fc.array(fc.boolean(), { maxLength: 5 });
      fc.assert(
        fc.property(words, learners, (status, isLearner) => {
          const header = {
            cluster_id: status.clusterId.toString(),
            member_id: status.memberId.toString(),
            revision: status.revision.toString(),
          };
          const plain = {
            header,
            version: status.version,
            dbSize: status.databaseBytes,
            leader: header.member_id,
            errors: status.errors,
            isLearner: status.learner,
          };
          assert.deepEqual(
            STATUS.decode(bytesOf('StatusResponse', plain)),
            status,
          );
          const members = isLearner.map((learner) => ({
            ID: header.member_id,
            name: status.version,
            clientURLs: status.errors,
            isLearner: learner,
          }));
          const count = isLearner.filter(Boolean).length;
          assert.deepEqual(
            MEMBER_LIST.decode(
              bytesOf('MemberListResponse', { header, members }),
            ),
            {
              voters: members.length - count,
              learners: count,
              revision: status.revision,
            },
          );
          const token = { header, token: status.version };
          assert.deepEqual(
            AUTHENTICATE.decode(bytesOf('AuthenticateResponse', token)),
            { token: status.version, revision: status.revision },
          );
        }),
        SOME,
      );
    });
  },
);
