import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import {
  AUTHENTICATE,
  LEASE_GRANT,
  LEASE_REVOKE,
  MEMBER_LIST,
  STATUS,
  TXN,
  WATCH,
  WireError,
} from '../../../lib/etcd/wire/index.js';
import { bytesOf, plainOf } from './support/definition.js';

const put = (key: string, value: string) =>
  TXN.encode({
    compare: [],
    success: [{ kind: 'put', key, value }],
    failure: [],
  });

const putAsDefined = (key: string, value: string) =>
  bytesOf('TxnRequest', {
    success: [
      { request_put: { key: Buffer.from(key), value: Buffer.from(value) } },
    ],
  });

describe('a request', () => {
  it.each([
    1n,
    127n,
    128n,
    16_383n,
    16_384n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 53n + 1n,
    2n ** 56n,
    2n ** 63n - 1n,
    -1n,
    -(2n ** 63n),
  ])('has the exact integer %s', (lease) => {
    expect(LEASE_REVOKE.encode(lease)).toEqual(
      bytesOf('LeaseRevokeRequest', { ID: lease.toString() }),
    );
  });

  it.each([1, 128, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 0, -1, -(2 ** 53 - 1)])(
    'has the exact number %s',
    (ttlSeconds) => {
      expect(LEASE_GRANT.encode({ ttlSeconds })).toEqual(
        bytesOf('LeaseGrantRequest', { TTL: ttlSeconds }),
      );
    },
  );

  it.each([2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n])(
    'refuses %s, which has no place in 64 bits',
    (lease) => {
      expect(() => LEASE_REVOKE.encode(lease)).toThrow(WireError);
    },
  );

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'refuses %s, which is not a whole number for sure',
    (ttlSeconds) => {
      expect(() => LEASE_GRANT.encode({ ttlSeconds })).toThrow(
        `${ttlSeconds} is not an integer that can be sent to etcd`,
      );
    },
  );

  it.each([126, 127, 128, 16_380, 16_384, 100_000, 1_500_000])(
    'has parts of any length, such as %s bytes',
    (length) => {
      const value = 'v'.repeat(length);
      assert.deepEqual(put('key', value), putAsDefined('key', value));
      assert.deepEqual(put('key', 'short'), putAsDefined('key', 'short'));
    },
  );

  it('of many parts outgrows what was set aside for it', () => {
    const success = Array.from({ length: 5_000 }, (_, index) => ({
      kind: 'put' as const,
      key: `key ${index}`,
      value: 'ä',
    }));
    const bytes = TXN.encode({ compare: [], success, failure: [] });
    assert.deepEqual(
      bytes,
      bytesOf('TxnRequest', {
        success: success.map(({ key, value }) => ({
          request_put: { key: Buffer.from(key), value: Buffer.from(value) },
        })),
      }),
    );
  });

  it('stays as it is while others are made', () => {
    const first = put('first', 'a');
    put('second', 'b');
    put('third', 'c'.repeat(20_000));
    expect(first).toEqual(putAsDefined('first', 'a'));
  });

  it('leaves the room before it that was asked for', () => {
    const request = { username: 'root', password: 'secret' };
    const message = AUTHENTICATE.encode(request);
    const framed = AUTHENTICATE.encode(request, 5);
    expect(framed).toHaveLength(message.length + 5);
    expect(framed.subarray(5)).toEqual(message);
  });

  it('that says nothing is empty', () => {
    expect(STATUS.encode()).toEqual(Buffer.alloc(0));
    expect(MEMBER_LIST.encode()).toEqual(Buffer.alloc(0));
  });

  it('sends a put without a lease, and a comparison with 0, as such', () => {
    const bytes = TXN.encode({
      compare: [{ range: { key: 'a' }, target: 'version', is: '=', to: 0n }],
      success: [{ kind: 'put', key: 'a', value: '', lease: 0n }],
      failure: [],
    });
    expect(plainOf('TxnRequest', bytes)).toMatchObject({
      compare: [{ target_union: 'version', version: '0', result: 'Equal' }],
      success: [{ request_put: { lease: '0', value: '' } }],
    });
  });

  it('asks for the events of a watch in pieces, and for deletes alone where only they are wanted', () => {
    const create = (deletesOnly: boolean) =>
      plainOf(
        'WatchRequest',
        WATCH.encode({
          kind: 'create',
          id: 3,
          range: { key: 'a' },
          deletesOnly,
        }),
      ).create_request;
    expect(create(true)).toMatchObject({ fragment: true, filters: ['Noput'] });
    expect(create(false)).toMatchObject({ fragment: true, filters: [] });
  });
});
