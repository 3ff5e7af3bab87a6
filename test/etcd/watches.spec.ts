import { expect, it, vi } from 'vitest';
import { CallFailure, STATUS } from '../../lib/etcd/call-failure.js';
import type { RawStreamListener } from '../../lib/etcd/connections.js';
import { ProcessHold } from '../../lib/etcd/process-hold.js';
import { Watches } from '../../lib/etcd/watches.js';
import type { StoreError } from '../../lib/core/index.js';
import { oneConnection } from './one-connection.js';

/** Watches on streams that the test ends. */
function setUp() {
  const streams: RawStreamListener[] = [];
  const connections = oneConnection({
    open(_path, listener) {
      streams.push(listener);
      return { write() {}, cancel() {} };
    },
  });
  const hold = new ProcessHold();
  const takes = vi.spyOn(hold, 'take');
  const releases = vi.spyOn(hold, 'release');
  const watches = new Watches(connections, hold);
  const ends: StoreError[] = [];
  const watch = (background = false) =>
    watches.watch(
      { key: 'k' },
      {
        created() {},
        events() {},
        ended: (error) => ends.push(error),
      },
      { background },
    );
  const held = () => takes.mock.calls.length - releases.mock.calls.length;
  return { watch, watches, streams, ends, held };
}

const settled = () => new Promise(setImmediate);

it('watches keep the process alive until their stream is broken, and no longer', async () => {
  const { watch, streams, ends, held } = setUp();
  watch();
  watch();
  watch(true);
  await settled();
  expect(held()).toBe(2);
  streams[0]!.ended(new CallFailure('reset', STATUS.unavailable, true));
  await settled();
  expect(ends).toHaveLength(3);
  expect(held()).toBe(0);
});

it.each<[string, (fixture: ReturnType<typeof setUp>) => void]>([
  ['are cancelled', ({ watch }) => watch().cancel()],
  [
    'are closed',
    ({ watch, watches }) => {
      watch();
      watches.close();
    },
  ],
])('watches that %s do not keep the process alive', async (_, end) => {
  const fixture = setUp();
  end(fixture);
  await settled();
  expect(fixture.held()).toBe(0);
});
