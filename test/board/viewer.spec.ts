import { PassThrough } from 'node:stream';
import type { ServerResponse } from 'node:http';
import type { LockState } from 'nestjs-etcd-lock/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BoardPicture } from '../../lib/board/board-picture.js';
import { LeaseClock } from '../../lib/board/lease-clock.js';
import { Viewer } from '../../lib/board/viewer.js';

const lock = (index: number): LockState => ({
  key: `k${index}`,
  etcdName: `locks/k${index}/`,
  holders: [
    { ticket: `t${index}`, createRevision: 2n, lease: '1', mode: 'exclusive' },
  ],
  waiters: [],
});

describe('a viewer', () => {
  let out: PassThrough;
  let picture: BoardPicture;
  let viewer: Viewer;

  beforeEach(() => {
    out = new PassThrough({ highWaterMark: 16_384 });
    picture = new BoardPicture((ids) => viewer?.touch(ids));
    const many = Array.from({ length: 10_000 }, (_, index) => lock(index));
    picture.snapshot(many, 2n);
    const leases = new LeaseClock(picture, async () => 1);
    const response = out as unknown as ServerResponse;
    viewer = new Viewer(response, picture, leases, false);
  });

  afterEach(() => {
    vi.useRealTimers();
    out.destroy();
  });

  it('that does not read is written no more than a piece', () => {
    for (let flush = 0; flush < 1_000; flush += 1) {
      picture.changed([lock(flush)], 3n);
      viewer.flush();
    }

    expect(out.writableLength + out.readableLength).toBeLessThan(400_000);
  });

  it('that reads at last is brought to what is, not through what was', async () => {
    viewer.flush();
    for (let change = 0; change < 500; change += 1) {
      picture.changed([lock(77)], BigInt(3 + change));
    }
    let text = '';
    out.on('data', (chunk) => (text += chunk));
    viewer.flush();
    await vi.waitFor(() => expect(text).toContain('"key":"k9999"'));
    viewer.flush();

    await vi.waitFor(() => expect(text.match(/"key":"k77"/g)).toHaveLength(2));
    expect(text.match(/"complete":true/g)!.length).toBeGreaterThan(0);
  });

  it('that does not read for half a minute is sent away', () => {
    vi.useFakeTimers();
    viewer.flush();
    vi.advanceTimersByTime(29_000);
    viewer.flush();
    expect(out.destroyed).toBe(false);

    vi.advanceTimersByTime(2_000);
    viewer.flush();
    expect(out.destroyed).toBe(true);
  });

  it('hears now and then that the line is open', () => {
    vi.useFakeTimers();
    const quiet = new BoardPicture(() => {});
    const line = new PassThrough();
    const idle = new Viewer(
      line as unknown as ServerResponse,
      quiet,
      new LeaseClock(quiet, async () => 1),
      false,
    );
    idle.flush();
    vi.advanceTimersByTime(14_000);
    idle.flush();
    expect(String(line.read())).not.toContain(': \n\n');

    vi.advanceTimersByTime(2_000);
    idle.flush();
    expect(String(line.read())).toBe(': \n\n');
  });
});
