import assert from 'node:assert/strict';
import { prefixRange, type RangeReply } from '../../core/index.js';
import type { ContractTable } from './contract-world.js';
import { put, range } from './operations.js';

const namesOf = ({ keys }: RangeReply, prefix: string) =>
  keys.map(({ key }) => key.slice(prefix.length));

export const rangeCases: ContractTable = {
  'reads the oldest key first, whatever the keys are called': async (world) => {
    for (const name of ['c', 'a', 'd', 'b']) await world.put(name);
    await world.put('c', 'put again');
    const names = ['c', 'a', 'd', 'b'];
    assert.deepEqual(namesOf(await world.read(), world.prefix), names);
    const { replies } = await world.commit(world.a, range(world.all));
    assert(replies[0]?.kind === 'range');
    assert.deepEqual(namesOf(replies[0], world.prefix), names);
  },

  'reads a range in pieces, in the order of the keys': async (world) => {
    for (const name of ['c', 'a/2', 'b', 'a/10']) await world.put(name);
    const first = await world.a.read(
      range(world.all, { orderBy: 'key', limit: 3 }),
      world.call,
    );
    assert.deepEqual(namesOf(first, world.prefix), ['a/10', 'a/2', 'b']);
    assert.equal(first.count, 4);
    const rest = { ...world.all, key: `${first.keys.at(-1)!.key}\0` };
    const second = await world.a.read(
      range(rest, { orderBy: 'key' }),
      world.call,
    );
    assert.deepEqual(namesOf(second, world.prefix), ['c']);
  },

  'limits the keys but not the count': async (world) => {
    for (const name of ['c', 'a', 'b']) await world.put(name);
    const { keys, count } = await world.a.read(
      range(world.all, { limit: 2 }),
      world.call,
    );
    assert.deepEqual(
      keys.map(({ key }) => key),
      [world.key('c'), world.key('a')],
    );
    assert.equal(count, 3);
  },

  'leaves out values on keysOnly, and nothing else but the lease': async (
    world,
  ) => {
    const { id } = await world.grant();
    await world.put('k', 'value', id);
    const [whole] = (await world.read()).keys;
    const { keys } = await world.a.read(
      range(world.all, { keysOnly: true }),
      world.call,
    );
    const leased = keys.map((key) => ({ ...key, lease: id }));
    assert.deepEqual(leased, [{ ...whole, value: '' }]);
  },

  'reads a range from its start up to, not including, its end': async (
    world,
  ) => {
    for (const name of ['a', 'a/', 'a/x', 'a/~', 'a0', 'b']) {
      await world.put(name);
    }
    const reply = await world.read(prefixRange(world.key('a/')));
    assert.deepEqual(namesOf(reply, world.prefix), ['a/', 'a/x', 'a/~']);
    assert.equal(reply.count, 3);
  },

  'reads a single key without those that start like it': async (world) => {
    for (const name of ['a/', 'a', 'a0']) await world.put(name);
    const reply = await world.read({ key: world.key('a') });
    assert.deepEqual(namesOf(reply, world.prefix), ['a']);
    assert.equal(reply.count, 1);
  },

  'reads nothing where nothing is': async (world) => {
    await world.put('k');
    for (const nowhere of [
      { key: world.key('absent') },
      { key: world.key('l'), end: world.key('z') },
    ]) {
      const { keys, count } = await world.read(nowhere);
      assert.deepEqual({ keys, count }, { keys: [], count: 0 });
    }
  },

  'orders keys by the bytes of UTF-8': async (world) => {
    // In UTF-16 the lock, U+1F512, comes before U+FF5E.
    for (const name of ['\uff5e', '\u{1f512}', 'z']) await world.put(name);
    const reply = await world.read({
      key: world.key('\uff5e'),
      end: world.key('\u{1f513}'),
    });
    assert.deepEqual(namesOf(reply, world.prefix), ['\uff5e', '\u{1f512}']);
  },

  'gives back keys and values as they were': async (world) => {
    const texts = [
      'order%3A42%2Fpay',
      'Größe, ключ, 鍵, \u{1f512}',
      '{"host":"a","pid":1}',
      'line\nbreak\ttab "quote" \\ \u0000',
      'x'.repeat(4096),
      '',
    ];
    await world.commit(
      world.a,
      ...texts.map((text) => put(world.key(`v/${text}`), text)),
    );
    const { keys } = await world.read();
    assert.deepEqual(
      new Map(keys.map(({ key, value }) => [key, value])),
      new Map(texts.map((text) => [world.key(`v/${text}`), text])),
    );
  },

  'dates a stale read by its own revision': async (world) => {
    await world.put('k', 'one');
    const latest = await world.put('k', 'two');
    const stale = await world.b.read(range(world.all), {
      ...world.call,
      stale: true,
    });
    assert(stale.revision <= latest);
    if (stale.revision === latest) assert.equal(stale.keys[0]?.value, 'two');
  },
};
