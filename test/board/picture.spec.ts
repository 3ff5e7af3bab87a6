import type { LockState, TicketState } from 'nestjs-etcd-lock/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { BoardPicture } from '../../lib/board/board-picture.js';
import { readyForJson } from '../../lib/core/api/json.js';

const ticket = (
  createRevision: bigint,
  more: Partial<TicketState> = {},
): TicketState =>
  readyForJson({
    ticket: `locks/a/${createRevision}`,
    createRevision,
    lease: '1',
    mode: 'exclusive' as const,
    label: `i${createRevision}`,
    ...more,
  });

const lock = (holders: TicketState[], waiters: TicketState[] = []): LockState =>
  readyForJson({ key: 'a', etcdName: 'locks/a/', holders, waiters });

const drain = (job: Generator) => {
  while (job.next().done !== true);
};

describe('the picture of the board', () => {
  let picture: BoardPicture;
  let touched: string[];

  beforeEach(() => {
    touched = [];
    picture = new BoardPicture((id) => touched.push(id));
    snapshot([], 1n);
  });

  const snapshot = (states: LockState[], revision: bigint) =>
    drain(picture.snapshot(states, revision, Date.now()));
  const changed = (states: LockState[], revision: bigint) =>
    drain(picture.changed(states, revision, Date.now()));
  const token = () => picture.locks.get('locks/a/')?.holders[0]?.token;
  const past = () => picture.history.since(0, 100);

  it('shows the token of a holder that never waited as it is', () => {
    changed([lock([ticket(5n)])], 5n);

    expect(token()).toEqual({ value: '5', how: 'exact' });
  });

  it('shows the revision of a hand-over that it saw, and keeps it', () => {
    changed([lock([ticket(5n)], [ticket(6n)])], 6n);
    changed([lock([ticket(6n)], [ticket(7n)])], 8n);
    changed([lock([ticket(6n)], [ticket(7n), ticket(9n)])], 9n);

    expect(token()).toEqual({ value: '8', how: 'seen' });
  });

  it.each<[string, () => void]>([
    ['was there before', () => snapshot([lock([ticket(5n)])], 8n)],
    ['came together with others', () => changed([lock([ticket(5n)])], 8n)],
    [
      'shares the lock',
      () => changed([lock([ticket(5n, { mode: 'shared' })])], 5n),
    ],
  ])('shows no more than a bound of the token of one that %s', (_, act) => {
    act();

    expect(token()).toEqual({ value: '5', how: 'least' });
  });

  it('says that its holder keeps the lock, until the ticket says that it is in use', () => {
    const holder = () => picture.locks.get('locks/a/')!.holders[0];
    changed([lock([ticket(5n, { kept: true })])], 5n);
    expect(holder()).toMatchObject({ kept: true, created: '5' });

    changed([lock([ticket(5n)], [ticket(6n)])], 7n);
    expect(holder()).toMatchObject({ created: '5' });
    expect(holder()).not.toHaveProperty('kept');
    expect(past()).toEqual([]);
  });

  it('remembers holds that are over, with their owners', () => {
    changed([lock([ticket(5n)])], 5n);
    changed([lock([ticket(7n)])], 7n);
    changed([lock([])], 8n);

    expect(past()).toMatchObject([
      { id: 'locks/a/', owner: 'i5', from: expect.any(Number) },
      { owner: 'i7' },
    ]);
    expect(picture.locks.size).toBe(0);
  });

  it('takes a slot that is used again for another hold', () => {
    changed([lock([ticket(5n, { ticket: 'slot' })])], 5n);
    changed([lock([ticket(9n, { ticket: 'slot' })])], 9n);

    expect(past()).toMatchObject([{ owner: 'i5' }]);
    expect(token()).toEqual({ value: '9', how: 'exact' });
  });

  it('ends what went while nothing was heard where hearing ended', () => {
    changed([lock([ticket(5n)])], 5n);
    picture.interrupted('etcd is away', Date.now());
    expect(picture).toMatchObject({ whole: false, trouble: 'etcd is away' });
    const [, gap] = picture.history.gaps;
    snapshot([], 9n);

    expect(picture).toMatchObject({ whole: true, trouble: undefined });
    expect(past()).toMatchObject([{ owner: 'i5', to: gap!.from }]);
    expect(picture.history.gaps.at(-1)).toEqual({
      from: gap!.from,
      to: expect.any(Number),
    });
    expect(touched.at(-1)).toBe('locks/a/');
  });

  it('goes on with a hold that an interruption did not end', () => {
    changed([lock([ticket(5n)])], 5n);
    picture.interrupted('etcd is away', Date.now());
    snapshot([lock([ticket(5n)])], 9n);

    expect(past()).toEqual([]);
    expect(token()).toEqual({ value: '5', how: 'exact' });
  });

  it('keeps the past, and nothing else, when nobody looks', () => {
    changed([lock([ticket(5n)])], 5n);
    drain(picture.leave(Date.now()));

    expect(picture.locks.size).toBe(0);
    expect(past()).toHaveLength(1);
  });

  it('forgets the oldest of many holds', () => {
    for (let revision = 2n; revision < 8_000n; revision += 1n) {
      changed([lock([ticket(revision)])], revision);
    }

    const { history } = picture;
    expect(history.length).toBe(7_997);
    expect(history.length - history.first).toBeLessThanOrEqual(5_500);
    expect(history.since(history.first, 1)).toHaveLength(1);
  });

  it('does not say that a holder began when others left whom it stood behind', () => {
    const mode = 'shared';
    const readers = Array.from({ length: 52 }, (_, index) =>
      ticket(BigInt(10 + index), { mode }),
    );
    snapshot([lock(readers)], 99n);
    changed([lock(readers.slice(1), [ticket(101n)])], 101n);
    changed([lock([ticket(101n)])], 102n);

    const [first] = picture.locks.get('locks/a/')!.holders;
    expect(first).toMatchObject({
      created: '101',
      heldFrom: expect.any(Number),
    });
    expect(past()).toHaveLength(51);
    for (const hold of past()) expect(hold).not.toHaveProperty('from');
  });

  it('cuts names short that somebody made endless', () => {
    const endless = 'x'.repeat(1_000_000);
    const names = { host: endless, label: endless };
    changed([lock([ticket(5n, names)])], 5n);
    changed([lock([])], 6n);

    const [hold] = past();
    expect(hold!.owner.length).toBeLessThan(400);
  });

  it('shows the first of a long queue, and counts all', () => {
    const queue = Array.from({ length: 300 }, (_, index) =>
      ticket(BigInt(10 + index)),
    );
    changed([lock([ticket(5n)], queue)], 400n);

    const shown = picture.locks.get('locks/a/')!;
    expect([shown.waiters.length, shown.waiting]).toEqual([50, 300]);
  });

  it('takes many locks one at a time', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      ...lock([ticket(5n)]),
      etcdName: `locks/${index}/`,
    }));
    const job = picture.snapshot(many, 9n, Date.now());
    job.next();
    job.next();

    expect(picture.locks.size).toBe(2);
    drain(job);
    expect(picture.locks.size).toBe(1_000);
  });

  it('shows little of a lock that somebody made endless', () => {
    const endless = 'x'.repeat(100_000);
    const more = {
      ticket: endless,
      host: endless,
      trace: endless,
      metadata: { endless },
    };
    const queue = Array.from({ length: 200 }, (_, index) =>
      ticket(BigInt(10 + index), { ...more, mode: 'shared' }),
    );
    const state = { ...lock(queue, queue), key: endless, etcdName: endless };
    changed([state], 400n);
    changed([{ ...state, etcdName: `${endless}y` }], 401n);

    expect(picture.locks.size).toBe(2);
    for (const shown of picture.locks.values()) {
      expect(JSON.stringify(shown).length).toBeLessThan(300_000);
    }
  });
});
