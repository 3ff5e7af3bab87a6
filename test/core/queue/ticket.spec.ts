import { describe, expect, it } from 'vitest';
import type { LockMode } from '../../../lib/core/api/lock.js';
import {
  readTicket,
  signatureOf,
  ticketName,
  writeTicket,
} from '../../../lib/core/queue/ticket.js';
import { TicketSlots } from '../../../lib/core/session/ticket-slots.js';

describe('ticketName', () => {
  it('is the name that etcd’s own lock recipe gives, then one for each slot', () => {
    expect(ticketName('locks/k/', 0x694d9ac300000001n, 0)).toBe(
      'locks/k/694d9ac300000001',
    );
    expect(ticketName('locks/k/', 0xabcn, 2)).toBe('locks/k/abc-2');
  });
});

describe('readTicket', () => {
  it.each<LockMode>([
    { mode: 'exclusive' },
    { mode: 'shared' },
    { mode: 'permits', permits: 3 },
  ])('reads back what writeTicket wrote for %j', (lockMode) => {
    const owner = { host: 'h "1"', pid: 7, label: '{' };
    const signature = signatureOf(owner);
    const terms = { since: 5, metadata: { mode: 'shared' }, trace: '00-"-01' };
    expect(readTicket(writeTicket(lockMode, signature, terms))).toEqual({
      lockMode,
      note: { ...owner, ...terms },
    });
    const least = { since: 5 };
    expect(readTicket(writeTicket(lockMode, signature, least))).toEqual({
      lockMode,
      note: { ...owner, since: 5 },
    });
  });

  it('leaves out what is not of the kind that is written there', () => {
    const note = { host: 7, pid: 'x', since: null, metadata: 'x', ticket: 'y' };
    const value = JSON.stringify({ mode: 'exclusive', label: 'a', ...note });
    expect(readTicket(value).note).toEqual({ label: 'a' });
    const endless = '{"mode":"exclusive","pid":1e999,"since":1e999}';
    expect(readTicket(endless).note).toEqual({});
  });

  it.each([
    'held by somebody',
    '{"mode":"shared"',
    'null',
    '[]',
    '"shared"',
    '{"mode":"toString"}',
    '{"mode":"permits"}',
    '{"mode":"permits","permits":0}',
    '{"mode":"permits","permits":1.5}',
    '{"mode":"permits","permits":1e999}',
    '{"mode":"permits","permits":"2"}',
  ])('counts %j as exclusive and shows nothing but that', (value) => {
    expect(readTicket(value)).toEqual({
      lockMode: { mode: 'exclusive' },
      note: { unreadable: true },
    });
  });

  it('takes an empty value, as of etcdctl lock and Go, for one that says nothing', () => {
    expect(readTicket('')).toEqual({
      lockMode: { mode: 'exclusive' },
      note: {},
    });
  });

  const nested = (levels: number) =>
    `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it('leaves out metadata that is nested too deep, and keeps the rest', () => {
    const ticket = (levels: number) =>
      `{"mode":"shared","host":"h","metadata":${nested(levels)}}`;

    expect(readTicket(ticket(100)).note).toEqual({
      host: 'h',
      metadata: JSON.parse(nested(100)),
    });
    for (const levels of [101, 30_000]) {
      expect(readTicket(ticket(levels))).toEqual({
        lockMode: { mode: 'shared' },
        note: { host: 'h', unreadable: true },
      });
    }
  });

  it('does not read a value that is far larger than any of this library', () => {
    const value = `{"mode":"shared","host":"${'x'.repeat(70_000)}"}`;

    expect(readTicket(value)).toEqual({
      lockMode: { mode: 'exclusive' },
      note: { unreadable: true },
    });
  });
});

describe('TicketSlots', () => {
  it('numbers each queue by itself, and uses free numbers first', () => {
    const slots = new TicketSlots();
    expect([slots.take('a'), slots.take('a'), slots.take('a')]).toEqual([
      0, 1, 2,
    ]);
    expect(slots.take('b')).toBe(0);
    slots.free('a', 1);
    expect([slots.take('a'), slots.take('a')]).toEqual([1, 3]);
    slots.free('a', 2);
    slots.free('a', 2);
    expect([slots.take('a'), slots.take('a')]).toEqual([2, 4]);
    for (const slot of [0, 1, 2, 3, 4]) slots.free('a', slot);
    expect(slots.take('a')).toBe(0);
  });

  it('never gives out a number twice at a time', () => {
    const slots = new TicketSlots();
    const taken = new Set<number>();
    let seed = 1;
    for (let step = 0; step < 2_000; step += 1) {
      seed = (seed * 48_271) % 2_147_483_647;
      const [any] = [...taken].slice(seed % Math.max(1, taken.size));
      if (any !== undefined && seed % 2 === 0) {
        taken.delete(any);
        slots.free('a', any);
      } else {
        const slot = slots.take('a');
        expect(taken.has(slot)).toBe(false);
        taken.add(slot);
      }
    }
    expect(taken.size).toBeGreaterThan(2);
  });

  it('uses the same few names for any number of acquisitions', () => {
    const slots = new TicketSlots();
    const names = new Set<number>();
    for (let round = 0; round < 100; round += 1) {
      const slot = slots.take('a');
      names.add(slot);
      slots.free('a', slot);
    }
    expect([...names]).toEqual([0]);
  });
});
