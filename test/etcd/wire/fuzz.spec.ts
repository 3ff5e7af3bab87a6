import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../../../lib/etcd/wire/index.js';
import { Random } from '../../simulation/random.js';
import { damaged } from './support/damaged.js';
import { fieldEnds, rearranged } from './support/rearranged.js';
import { READERS, type Reply, reply } from './support/replies.js';

/** Thousands of messages take a second or two on a machine that does nothing else. */
const PATIENT = { timeout: 60_000 };

const seed = fc.nat({ max: 2 ** 31 });

/** What is read, or that it is refused. Any other error is a failure. */
function outcome(name: Reply['name'], bytes: Buffer): unknown {
  try {
    return READERS[name].decode(bytes);
  } catch (error) {
    if (error instanceof WireError) return 'refused';
    throw new Error(`${name} ${bytes.toString('hex')}`, { cause: error });
  }
}

describe('bytes that are not what they should be', PATIENT, () => {
  it('are read as something or refused with one kind of error, whatever was done to them', () => {
    let refused = 0;
    let read = 0;
    fc.assert(
      fc.property(reply, seed, ({ name, bytes }, by) => {
        const random = new Random(by);
        for (let times = 0; times < 30; times += 1) {
          if (outcome(name, damaged(bytes, random)) === 'refused') refused += 1;
          else read += 1;
        }
      }),
      { numRuns: 1_000 },
    );
    expect(Math.min(refused, read)).toBeGreaterThan(3_000);
  });

  it('are not read beyond their end', () => {
    fc.assert(
      fc.property(reply, seed, ({ name, bytes }, by) => {
        const random = new Random(by);
        for (let times = 0; times < 5; times += 1) {
          const bad = damaged(bytes, random);
          const amid = Buffer.concat([bytes, bad, bytes]);
          const part = amid.subarray(bytes.length, bytes.length + bad.length);
          assert.deepEqual(outcome(name, part), outcome(name, bad));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are refused wherever a message is cut off, but between two fields', () => {
    fc.assert(
      fc.property(reply, ({ name, bytes }) => {
        const whole = fieldEnds(bytes);
        for (let length = 1; length < bytes.length; length += 1) {
          if (whole.has(length)) continue;
          assert.equal(outcome(name, bytes.subarray(0, length)), 'refused');
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a reply', PATIENT, () => {
  it('says the same with fields that we do not know, and in any order of fields', () => {
    fc.assert(
      fc.property(reply, seed, ({ name, bytes }, by) => {
        const random = new Random(by);
        const { decode } = READERS[name];
        const said = decode(bytes);
        for (let times = 0; times < 4; times += 1) {
          const other = rearranged(`etcdserverpb.${name}`, bytes, random);
          assert.deepEqual(decode(other), said);
        }
      }),
      { numRuns: 400 },
    );
  });
});
