import { describe, expect, it } from 'vitest';
import {
  acquireRequest,
  traceText,
  ttlMilliseconds,
} from '../../../lib/core/options/acquire-request.js';
import type { AcquireOptions } from '../../../lib/core/api/lock.js';

const defaults = {
  namespace: 'locks/',
  ttlMs: 15_000,
  waitMs: 10_000,
  requestTimeoutMs: 4_500,
  keepMs: 0,
};
const request = (options: AcquireOptions = {}) =>
  acquireRequest('k', options, defaults);

describe('acquireRequest', () => {
  it('fills in the defaults of the client', () => {
    expect(request()).toEqual({
      call: 0,
      template: undefined,
      key: 'k',
      keys: ['k'],
      prefixes: ['locks/k/'],
      lockMode: { mode: 'exclusive' },
      ttlMs: 15_000,
      waitMs: 10_000,
      patienceMs: 10_000,
      minHoldMs: 0,
      keepMs: 0,
      maxHoldMs: Infinity,
      dedicatedLease: false,
      metadata: undefined,
      signal: undefined,
    });
  });

  it('treats an option that is undefined as one that is not there', () => {
    const names = [
      'ttl',
      'waitTimeout',
      'signal',
      'mode',
      'permits',
      'minHold',
      'maxHold',
      'dedicatedLease',
      'metadata',
      'template',
    ];
    const all = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(request(all)).toEqual(request());
  });

  it('joins several keys for people', () => {
    expect(acquireRequest(['b', 'a'], {}, defaults)).toMatchObject({
      key: 'b, a',
      keys: ['b', 'a'],
    });
  });

  it('waits as long as the store may take when it must not queue', () => {
    expect(request({ waitTimeout: 0 })).toMatchObject({
      waitMs: 0,
      patienceMs: 4_500,
    });
    expect(request({ waitTimeout: Infinity }).patienceMs).toBe(Infinity);
  });

  it('accepts what is exactly at the limits', () => {
    const metadata = { a: 'x'.repeat(4096 - '{"a":""}'.length) };
    expect(request({ ttl: '2s', metadata, permits: 1 }).ttlMs).toBe(2_000);
    expect(request({ minHold: '1s', maxHold: '1s' }).maxHoldMs).toBe(1_000);
    expect(request({ maxHold: Infinity }).maxHoldMs).toBe(Infinity);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ waitTimeout: -1 }, /"waitTimeout"/],
    [{ waitTimeout: NaN }, /"waitTimeout"/],
    [{ waitTimeout: 'soon' }, /"waitTimeout"/],
    [{ minHold: -1 }, /"minHold"/],
    [{ minHold: NaN }, /"minHold"/],
    [{ minHold: Infinity }, /"minHold" must be finite/],
    [{ maxHold: -1 }, /"maxHold"/],
    [{ maxHold: NaN }, /"maxHold"/],
    [{ maxHold: 0 }, /"maxHold" .*more than zero/],
    [{ minHold: 2, maxHold: 1 }, /"maxHold" .*not less than "minHold"/],
    [{ ttl: 1_999 }, /"ttl" must be at least 2 s/],
    [{ ttl: Infinity }, /"ttl" must be at least 2 s and finite/],
    [{ ttl: NaN }, /"ttl"/],
    [{ mode: 'read' }, /"mode" must be 'exclusive' or 'shared', got 'read'/],
    [{ mode: null }, /"mode"/],
    [{ mode: Object.create(null) }, /"mode" must be .*, got object/],
    [{ ttl: Object.create(null) }, /"ttl" must be .*, got object/],
    [{ permits: Object.create(null) }, /"permits" must be .*, got object/],
    [{ dedicatedLease: Object.create(null) }, /"dedicatedLease" .*got object/],
    [{ permits: 0 }, /"permits" must be a whole number of at least 1, got 0/],
    [{ permits: -1 }, /"permits"/],
    [{ permits: 1.5 }, /"permits"/],
    [{ permits: NaN }, /"permits"/],
    [{ permits: Infinity }, /"permits"/],
    [{ permits: '3' }, /"permits"/],
    [{ permits: Symbol('3') }, /"permits" .*got Symbol\(3\)/],
    [{ dedicatedLease: 'yes' }, /"dedicatedLease" must be true or false/],
    [{ dedicatedLease: null }, /"dedicatedLease"/],
    [{ permits: 2, mode: 'shared' }, /"mode" and "permits" exclude/],
    [{ metadata: 'text' }, /"metadata" must be a plain object/],
    [{ metadata: ['list'] }, /"metadata" must be a plain object/],
    [{ metadata: null }, /"metadata" must be a plain object/],
    [{ metadata: () => {} }, /"metadata" must be a plain object/],
    [{ metadata: { n: 1n } }, /"metadata" cannot be written as JSON/],
    [{ metadata: { a: 'x'.repeat(4096) } }, /"metadata" .*4096 bytes/],
    [{ metadata: { a: 'ü'.repeat(2100) } }, /"metadata" .*4096 bytes .*4208/],
    [{ signal: {} }, /"signal" must be an AbortSignal/],
    [{ signal: null }, /"signal" must be an AbortSignal/],
    [{ signal: new EventTarget() }, /"signal" must be an AbortSignal/],
    [{ signal: { addEventListener() {} } }, /"signal" must be an AbortSignal/],
    [{ signal: { aborted: false } }, /"signal" must be an AbortSignal/],
    [{ signal: new AbortController() }, /"signal" must be an AbortSignal/],
    [{ signal: 'aborted' }, /"signal" must be an AbortSignal/],
    [{ timeout: 5 }, /Unknown option "timeout"; did you mean "waitTimeout"\?/],
    [{ patience: 5 }, /Unknown option "patience". Known are ttl, waitTim/],
  ])('refuses number %# of its bad options, by name', (options, message) => {
    expect(() => request(options)).toThrow(
      expect.objectContaining({
        code: 'LOCK_CONFIGURATION',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('refuses metadata that contains itself', () => {
    const metadata: Record<string, unknown> = {};
    metadata['self'] = metadata;
    expect(() => request({ metadata })).toThrow(/"metadata" cannot be written/);
  });

  it.each([null, 'fast', 5])('refuses %j in place of options', (options) => {
    expect(() => request(options as AcquireOptions)).toThrow(
      expect.objectContaining({
        code: 'LOCK_CONFIGURATION',
        message: expect.stringMatching(/Options must be an object/),
      }),
    );
  });
});

describe('what a caller hands in', () => {
  const all = {
    ttl: '3s',
    waitTimeout: '4s',
    signal: new AbortController().signal,
    mode: 'shared',
    permits: undefined,
    minHold: 5,
    maxHold: 6,
    keep: 0,
    dedicatedLease: true,
    metadata: { a: 1 },
    template: 't',
  } as const satisfies AcquireOptions;

  it('is read once, each option and each key', () => {
    const reads: string[] = [];
    const counted = <T extends object>(target: T) =>
      new Proxy(target, {
        get(own, name, receiver) {
          reads.push(String(name));
          return Reflect.get(own, name, receiver);
        },
      });
    acquireRequest(counted(['a', 'b']), counted({ ...all }), defaults);
    const expected = ['length', '0', '1', ...Object.keys(all)];
    expect(reads.sort()).toEqual(expected.sort());
  });

  it('may be an object whose options are getters of its class', () => {
    class Options {
      get ttl() {
        return '3s' as const;
      }
      get waitTimeout() {
        return 7;
      }
    }
    const options = new Options();
    expect(request(options)).toMatchObject({ ttlMs: 3_000, waitMs: 7 });
    const unsaid = acquireRequest('k', {}, defaults, 0, 0);
    expect(unsaid).toMatchObject({ waitMs: 0 });
  });

  it('is kept as it was at the call', () => {
    const keys = ['a', 'b'];
    const metadata = { id: 1 as unknown, list: [1] };
    const taken = acquireRequest(keys, { ...all, metadata }, defaults);
    keys.push('c');
    metadata.id = 1n;
    metadata.list.push(2);
    expect(taken.keys).toEqual(['a', 'b']);
    expect(Object.isFrozen(taken.keys)).toBe(true);
    expect(taken.metadata).toBe('{"id":1,"list":[1]}');
  });

  it('is written down once: what its own code says later is not asked for', () => {
    let asked = 0;
    const metadata = {
      toJSON() {
        asked += 1;
        if (asked > 1) throw new Error('the second time');
        return { n: asked };
      },
    };
    expect(request({ metadata }).metadata).toBe('{"n":1}');
    expect(asked).toBe(1);
  });

  it('names its queues in etcd, in the order of its keys', () => {
    expect(acquireRequest(['b/c', 'a'], {}, defaults).prefixes).toEqual([
      'locks/b%2Fc/',
      'locks/a/',
    ]);
  });
});

describe('traceText', () => {
  it.each([7, {}, { toString: () => 'x' }, null, 'x'.repeat(513)])(
    'takes %j for no trace',
    (trace) => {
      expect(traceText(trace)).toBeUndefined();
    },
  );

  it('takes text as it is', () => {
    expect(traceText('00-"-01')).toBe('00-"-01');
  });
});

describe('ttlMilliseconds', () => {
  it.each([['2s', 2_000] as const, [2_500, 2_500] as const])(
    'accepts %j',
    (ttl, ms) => {
      expect(ttlMilliseconds(ttl)).toBe(ms);
    },
  );

  it.each([0, 1_999, Infinity, NaN, 'x'])('refuses %j', (ttl) => {
    expect(() => ttlMilliseconds(ttl as number)).toThrow(/"ttl"/);
  });
});
