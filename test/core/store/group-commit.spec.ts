import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../../lib/core/store/group-commit.js';
import {
  type LockStore,
  type Operation,
  StoreError,
  type Transaction,
} from '../../../lib/core/store/lock-store.js';
import { MemoryStore } from '../../../lib/memory/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { follow } from '../support/follow.js';
import { Network, refusal } from '../support/network.js';
import { Traffic } from '../support/traffic.js';

function put(key: string, count = 1): Transaction {
  const success = Array.from({ length: count }, (_, index): Operation => ({
    kind: 'put',
    key: count === 1 ? key : `${key}${index}`,
    value: '',
  }));
  return { compare: [], success, failure: [] };
}

const byAge = (one: bigint, other: bigint) => (one < other ? -1 : 1);

function setUp() {
  const clock = new ManualClock();
  const store: LockStore = new MemoryStore({ clock });
  const network = new Network(store, { clock });
  const traffic = new Traffic(network);
  const commits = new GroupCommit(traffic, 1_000);
  /** How many transactions travelled in each commit. */
  const sizes = () =>
    traffic.transactions.map(({ success }) =>
      success[0]?.kind === 'transaction' ? success.length : 1,
    );
  return { clock, network, traffic, commits, sizes };
}

describe('GroupCommit', () => {
  it('sends a lone transaction as it is, at once', async () => {
    const { commits, traffic } = setUp();
    const transaction = put('a');
    const reply = await commits.submit(transaction);
    expect(traffic.transactions).toEqual([transaction]);
    expect(reply).toEqual({
      revision: 2n,
      succeeded: true,
      replies: [{ kind: 'put' }],
    });
  });

  it('sends together what becomes ready while something is under way', async () => {
    const { commits, sizes } = setUp();
    const first = commits.submit(put('a'));
    await Promise.resolve();
    const later = ['b', 'c', 'd'].map((key) => commits.submit(put(key)));
    const replies = await Promise.all([first, ...later]);
    expect(sizes()).toEqual([1, 3]);
    expect(replies.map(({ revision }) => revision)).toEqual([2n, 3n, 3n, 3n]);
  });

  it('waits for the commit under way with what does not fill another', async () => {
    const { clock, commits, network, traffic } = setUp();
    const held = network.holdReplies();
    const first = follow(commits.submit(put('a')));
    await clock.advance(10);
    const second = follow(commits.submit(put('b')));
    await clock.advance(10);
    expect(traffic.count()).toBe(1);
    held.lift();
    await clock.advance(0);
    expect([first.state, second.state]).toEqual(['resolved', 'resolved']);
  });

  it('does not wait with what fills another commit, up to three of them', async () => {
    const { clock, commits, network, sizes } = setUp();
    const held = network.holdReplies({ times: Infinity });
    const submitted = Array.from({ length: 500 }, (_, index) =>
      follow(commits.submit(put(`k${index}`))),
    );
    await clock.advance(10);
    expect(sizes()).toEqual([119, 119, 119]);
    held.lift();
    await clock.advance(0);
    expect(submitted.every(({ state }) => state === 'resolved')).toBe(true);
  });

  it('keeps the order within a scope over commits under way', async () => {
    const { clock, commits, network, sizes } = setUp();
    const held = network.holdReplies();
    const first = commits.submit(put('first'), ['a']);
    await clock.advance(10);
    const others = Array.from({ length: 100 }, (_, index) =>
      commits.submit(put(`k${index}`), index < 50 ? ['a'] : [`k${index}`]),
    );
    await clock.advance(10);
    expect(sizes()).toEqual([1, 50]);
    held.lift();
    const replies = await Promise.all([first, ...others.slice(0, 50)]);
    const revisions = replies.map(({ revision }) => revision);
    expect(revisions).toEqual([...new Set(revisions)].sort(byAge));
  });

  it('gives each its own branch and replies', async () => {
    const { commits } = setUp();
    const absent: Transaction = {
      compare: [{ range: { key: 'a' }, target: 'create', is: '=', to: 0n }],
      success: [{ kind: 'put', key: 'a', value: 'mine' }],
      failure: [{ kind: 'range', range: { key: 'a' } }],
    };
    await commits.submit(put('a'));
    const [failed, succeeded] = await Promise.all([
      commits.submit(absent),
      commits.submit(put('b')),
    ]);
    expect(failed).toMatchObject({
      succeeded: false,
      replies: [{ kind: 'range', count: 1 }],
    });
    expect(succeeded).toMatchObject({ succeeded: true });
  });

  it('never lets two of one scope share a commit, and keeps their order', async () => {
    const { commits, sizes } = setUp();
    const replies = await Promise.all([
      commits.submit(put('a1'), ['a']),
      commits.submit(put('a2'), ['a', 'b']),
      commits.submit(put('b1'), ['b']),
      commits.submit(put('c1'), ['c']),
    ]);
    expect(sizes()).toEqual([2, 1, 1]);
    expect(replies.map(({ revision }) => revision)).toEqual([2n, 3n, 4n, 2n]);
  });

  it('stays within the number of operations that etcd takes', async () => {
    const { commits, traffic } = setUp();
    // The memory store refuses what etcd refuses.
    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        commits.submit(put(`k${index}`)),
      ),
    );
    await Promise.all([
      ...Array.from({ length: 60 }, (_, at) => commits.submit(put(`s${at}`))),
      commits.submit(put('large', 100)),
      commits.submit(put('other', 100)),
    ]);
    expect(traffic.count()).toBeLessThan(10);
  });

  it('sends each by itself when etcd refuses them together for the fault of one', async () => {
    const { commits, traffic } = setUp();
    const good = follow(commits.submit(put('a')));
    const bad = follow(
      commits.submit({
        compare: [],
        success: [{ kind: 'put', key: 'b', value: '', lease: 999n }],
        failure: [],
      }),
    );
    const alsoGood = follow(commits.submit(put('c')));
    await commits.submit(put('d'));
    expect(good.state).toBe('resolved');
    expect(alsoGood.state).toBe('resolved');
    expect(bad.error).toMatchObject({ reason: 'lease-not-found' });
    expect(traffic.count()).toBe(1 + 4);
  });

  it.each([
    ['unknown', new StoreError('timeout', 'unknown', 'x')],
    ['a passing failure', new StoreError('unavailable', 'not-applied', 'x')],
  ])('tells all of them when their fate is %s', async (_, error) => {
    const { commits, network, traffic } = setUp();
    network.refuse({ error });
    const all = ['a', 'b'].map((key) => follow(commits.submit(put(key))));
    await commits.submit(put('c'), ['later']).catch(() => {});
    expect(all.map((one) => one.error)).toEqual([error, error]);
    expect(traffic.count()).toBe(1);
  });

  it('goes on after a failure', async () => {
    const { commits, network } = setUp();
    network.refuse({ error: refusal() });
    await expect(commits.submit(put('a'))).rejects.toThrow('refused');
    await expect(commits.submit(put('a'))).resolves.toBeDefined();
  });
});
