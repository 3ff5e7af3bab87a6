import type { IWatchCreateRequest, IWatchResponse } from 'etcd3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EtcdStore } from '../../lib/etcd/index.js';
import { waitUntil } from '../support/wait-until.js';
import { fakeEtcd, type WatchCall } from './fake-etcd.js';
import { everything, WatchLog } from './store-calls.js';

describe('the replies on a watch stream', () => {
  const streams: WatchCall[] = [];
  const created: string[] = [];
  const requests: IWatchCreateRequest[] = [];
  let store: EtcdStore;
  let stop: () => void;
  beforeEach(async () => {
    streams.length = 0;
    created.length = 0;
    requests.length = 0;
    const server = await fakeEtcd({
      watch(stream) {
        streams.push(stream);
        stream.on('error', () => {});
        stream.on('data', ({ create_request }) => {
          if (!create_request) return;
          requests.push(create_request);
          created.push(String(create_request.watch_id));
        });
      },
    });
    stop = server.stop;
    store = new EtcdStore({ hosts: server.endpoint });
  });
  afterEach(async () => {
    await store.close();
    stop();
  });

  async function asked(count: number): Promise<WatchLog[]> {
    const wanted = created.length + count;
    const logs = Array.from({ length: count }, () => new WatchLog());
    for (const log of logs) store.watch(everything, log);
    await waitUntil(() => created.length === wanted, { what: 'the requests' });
    return logs;
  }

  const reply = (
    id: string | undefined,
    fields: Partial<IWatchResponse> = {},
  ) =>
    streams
      .at(-1)
      ?.write({ ...fields, header: { revision: '7' }, watch_id: id ?? '' });
  const deleted = (key: string) => ({
    type: 'Delete' as const,
    kv: { key: Buffer.from(key), mod_revision: '8' } as never,
    prev_kv: undefined as never,
  });

  it('start now, at a watch of its own, in messages of bounded size', async () => {
    await asked(2);
    const [first, second] = requests;
    expect(first).toMatchObject({
      start_revision: '0',
      progress_notify: false,
      fragment: true,
      filters: [],
    });
    expect(second?.watch_id).not.toBe(first?.watch_id);
    expect(requests.map(({ watch_id }) => watch_id)).not.toContain('0');
  });

  it('are matched by order where etcd refuses a watch under no id', async () => {
    const [first, refused, third] = await asked(3);
    reply(created[0], { created: true });
    reply('-1', {
      created: true,
      canceled: true,
      cancel_reason: 'rpc error: etcdserver: permission denied',
    });
    reply(created[2], { created: true });
    reply(created[2], { events: [deleted('t/a')] });
    await waitUntil(() => third?.heard.length === 1, { what: 'the event' });
    expect(refused?.endings.map(({ reason }) => reason)).toEqual([
      'permission-denied',
    ]);
    expect(refused?.createdAt).toEqual([]);
    expect(first?.createdAt).toEqual([7n]);
    expect(third?.heard).toEqual([
      { kind: 'delete', key: 't/a', modRevision: 8n },
    ]);
  });

  it('end only the watch that etcd compacted away', async () => {
    const [compacted, other] = await asked(2);
    for (const watch_id of created) reply(watch_id, { created: true });
    reply(created[0], { canceled: true, compact_revision: '5' });
    reply(created[1], { events: [deleted('t/a')] });
    await waitUntil(() => other?.heard.length === 1, { what: 'the event' });
    expect(compacted?.endings.map(({ reason }) => reason)).toEqual([
      'compacted',
    ]);
    expect(other?.endings).toEqual([]);
  });

  it('may be about progress, in fragments, or very large, and mean nothing more', async () => {
    const [log] = await asked(1);
    const watch_id = created[0];
    reply(watch_id, { created: true });
    reply(watch_id);
    reply('-1');
    reply(watch_id, { events: [deleted('t/a')], fragment: true });
    reply(watch_id, { events: [deleted('t/b')] });
    // More than gRPC takes by default.
    const long = 'x'.repeat(5_000_000);
    reply(watch_id, { events: [deleted(long)] });
    await waitUntil(() => log?.heard.length === 3, { what: 'the events' });
    expect(log?.keys).toEqual(['t/a', 't/b', long]);
    expect(log?.createdAt).toEqual([7n]);
    expect(log?.endings).toEqual([]);
  });

  it('stop with the stream, also when etcd ends that in good order', async () => {
    const [log] = await asked(1);
    streams[0]?.end();
    const { reason } = await log!.hasEnded();
    expect(reason).toBe('unavailable');
    const [next] = await asked(1);
    reply(created[1], { created: true });
    await next!.isCreated();
    expect(log?.endings).toHaveLength(1);
  });
});
