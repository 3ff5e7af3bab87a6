import { describe, expect, it } from 'vitest';
import type { Admission } from '../../lib/core/admission.js';
import {
  readTicket,
  signatureOf,
  ticketName,
  writeTicket,
} from '../../lib/core/ticket.js';
import { TicketSlots } from '../../lib/core/ticket-slots.js';

describe('ticketName', () => {
  it('is the name that etcd’s own lock recipe gives, then one for each slot', () => {
    expect(ticketName('locks/k/', 0x694d9ac300000001n, 0)).toBe(
      'locks/k/694d9ac300000001',
    );
    expect(ticketName('locks/k/', 0xabcn, 2)).toBe('locks/k/abc-2');
  });
});

describe('readTicket', () => {
  it.each<Admission>([
    { mode: 'exclusive' },
    { mode: 'shared' },
    { mode: 'permits', permits: 3 },
  ])('reads back what writeTicket wrote for %j', (admission) => {
    const owner = { host: 'h "1"', pid: 7, instance: '{' };
    const signature = signatureOf(owner);
    const terms = { since: 5, metadata: { mode: 'shared' }, trace: '00-"-01' };
    expect(readTicket(writeTicket(admission, signature, terms))).toEqual({
      admission,
      note: { ...owner, ...terms },
    });
    const least = { since: 5 };
    expect(readTicket(writeTicket(admission, signature, least))).toEqual({
      admission,
      note: { ...owner, since: 5 },
    });
  });

  it('leaves out what is not of the kind that is written there', () => {
    const note = { host: 7, pid: 'x', since: null, metadata: 'x', ticket: 'y' };
    const value = JSON.stringify({ mode: 'exclusive', instance: 'a', ...note });
    expect(readTicket(value).note).toEqual({ instance: 'a' });
    const endless = '{"mode":"exclusive","pid":1e999,"since":1e999}';
    expect(readTicket(endless).note).toEqual({});
  });

  it.each([
    '',
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
  ])('counts %j as exclusive and shows nothing of it', (value) => {
    expect(readTicket(value)).toEqual({
      admission: { mode: 'exclusive' },
      note: {},
    });
  });
});

describe('TicketSlots', () => {
  it('gives the first free name of each queue', () => {
    const slots = new TicketSlots(0xa1n);
    expect([slots.take('a/'), slots.take('a/'), slots.take('a/')]).toEqual([
      'a/a1',
      'a/a1-1',
      'a/a1-2',
    ]);
    expect(slots.take('b/')).toBe('b/a1');
    slots.free('a/a1-1');
    expect([slots.take('a/'), slots.take('a/')]).toEqual(['a/a1-1', 'a/a1-3']);
  });

  it('uses the same few names for any number of acquisitions', () => {
    const slots = new TicketSlots(0xa1n);
    const names = new Set<string>();
    for (let round = 0; round < 100; round += 1) {
      const name = slots.take('a/');
      names.add(name);
      slots.free(name);
    }
    expect([...names]).toEqual(['a/a1']);
  });
});
