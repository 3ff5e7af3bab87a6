import { Writable } from 'node:stream';
import type { LockState } from 'nestjs-etcd-lock/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BoardPicture } from '../../lib/board/board-picture.js';
import { Bulletins } from '../../lib/board/bulletins.js';
import { LeaseClock } from '../../lib/board/lease-clock.js';
import { Pages } from '../../lib/board/pages.js';
import { type Outlet, Viewer } from '../../lib/board/viewer.js';
import { readyForJson } from '../../lib/core/api/json.js';
import type { ShownLock, Update } from '../../lib/board/wire.js';
import { BoardStore } from '../../board-page/board-store.js';

const lock = (index: number, pid = 1): LockState =>
  readyForJson({
    key: `k${index}`,
    etcdName: `locks/k${index}/`,
    holders: [
      readyForJson({
        ticket: `t${index}`,
        createRevision: 2n,
        lease: '1',
        mode: 'exclusive' as const,
        pid,
      }),
    ],
    waiters: [],
  });
const free = (index: number): LockState => ({ ...lock(index), holders: [] });

/** What a viewer was written, and whether it reads. */
class Line extends Writable {
  readonly chunks: (Buffer | string)[] = [];
  readonly store = new BoardStore();
  private held: (() => void)[] = [];

  constructor(private reading = true) {
    super({ highWaterMark: 16_384, decodeStrings: false });
    this.store.greet({ at: Date.now(), allowRelease: false });
  }

  get pids(): Map<string, number | undefined> {
    const { locks } = this.store;
    return new Map(
      [...locks.values()].map(({ key, holders }: ShownLock) => [
        key,
        holders[0]?.pid,
      ]),
    );
  }

  read(): void {
    this.reading = true;
    for (const pass of this.held.splice(0)) pass();
  }

  override _write(chunk: Buffer | string, _: string, done: () => void): void {
    this.chunks.push(chunk);
    const [, update] =
      /^event: update\ndata: (.*)\n\n$/s.exec(`${chunk}`) ?? [];
    if (update !== undefined) this.store.take(JSON.parse(update) as Update);
    if (this.reading) process.nextTick(done);
    else this.held.push(done);
  }
}

describe('viewers', () => {
  let picture: BoardPicture;
  let pages: Pages;
  let bulletins: Bulletins;
  const viewers: Viewer[] = [];
  let woken = 0;

  beforeEach(() => {
    viewers.length = 0;
    woken = 0;
    picture = new BoardPicture((id) => pages.touch(id));
    pages = new Pages(picture.locks);
    const leases = new LeaseClock(picture, async () => 1);
    bulletins = new Bulletins(picture, leases);
    const many = Array.from({ length: 4_000 }, (_, index) => lock(index));
    drain(picture.snapshot(many, 2n, Date.now()));
    pages.news();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const drain = (job: Generator) => {
    while (job.next().done !== true);
  };
  const change = (...states: LockState[]) =>
    drain(picture.changed(states, 3n, Date.now()));
  function viewerOn(line: Line): Viewer {
    const outlet: Outlet = line as never;
    const wake = () => (woken += 1);
    const viewer = new Viewer(outlet, picture, pages, bulletins, wake);
    viewers.push(viewer);
    return viewer;
  }
  const tick = () => {
    const news = pages.news();
    for (const viewer of viewers) {
      if (news !== undefined) viewer.offer(news);
    }
  };
  /** Until nobody has anything left to be written. */
  async function settle(): Promise<void> {
    do {
      // Rounds in which others wait for their lines.
      await new Promise(setImmediate);
    } while (viewers.map((viewer) => viewer.step()).includes(true));
  }

  it('are all written the same pieces, each made once, of bounded size', async () => {
    const lines = Array.from({ length: 8 }, () => new Line());
    lines.forEach(viewerOn);
    await settle();
    change(lock(3, 7), free(4), lock(12_345));
    tick();
    await settle();

    const made = new Set(lines.flatMap(({ chunks }) => chunks));
    for (const { chunks, store, pids } of lines) {
      expect(new Set(chunks)).toEqual(made);
      expect(chunks).toHaveLength(made.size);
      expect(store.ready).toBe(true);
      expect([pids.size, pids.get('k3'), pids.get('k4')]).toEqual([
        4_000,
        7,
        undefined,
      ]);
    }
    for (const piece of made) expect(piece.length).toBeLessThan(70_000);
  });

  it('who came before the locks were read hear that they have all when they do', async () => {
    picture = new BoardPicture((id) => pages.touch(id));
    pages = new Pages(picture.locks);
    bulletins = new Bulletins(picture, new LeaseClock(picture, async () => 1));
    const line = new Line();
    viewerOn(line);
    await settle();
    drain(picture.snapshot([lock(1), lock(2)], 2n, Date.now()));
    await settle();
    expect([line.store.ready, line.pids.size]).toEqual([false, 0]);

    tick();
    await settle();
    expect([line.store.ready, line.pids.size]).toEqual([true, 2]);
  });

  it('who keep up are sent what changed, not what stands beside it', async () => {
    const line = new Line();
    viewerOn(line);
    await settle();
    const before = line.chunks.length;
    change(lock(3, 7), free(4));
    tick();
    await settle();

    const sent = line.chunks.slice(before).map(String);
    expect(sent.filter((text) => text.includes('"key"'))).toHaveLength(1);
    expect(sent.join('').match(/"key"/g)).toHaveLength(1);
    expect(sent.join('')).toContain('"gone":["locks/k4/"]');
  });

  it('who do not read have one piece waiting for them, whatever happens', async () => {
    const line = new Line(false);
    viewerOn(line);
    for (let round = 0; round < 500; round += 1) {
      change(lock(round, round));
      tick();
      await settle();
    }

    const [first] = line.chunks;
    expect(line.writableLength).toBeLessThan(first!.length + 90_000);
    expect(woken).toBe(0);
  });

  it('who read at last are brought to what is, not through what was', async () => {
    const line = new Line();
    viewerOn(line);
    await settle();
    const slow = new Line(false);
    viewerOn(slow);
    await settle();
    for (let round = 0; round < 300; round += 1) {
      change(lock(77, round), free(round + 1_000));
      tick();
      await settle();
    }
    slow.read();
    await settle();

    expect(woken).toBeGreaterThan(0);
    expect(slow.pids).toEqual(line.pids);
    expect(slow.pids.get('k77')).toBe(299);
    const told = slow.chunks
      .map(String)
      .join('')
      .match(/"key":"k77"/g);
    expect(told!.length).toBeLessThan(3);
  });

  it('who fall behind after they had seen all lose what went meanwhile', async () => {
    const line = new Line();
    viewerOn(line);
    await settle();
    change(...Array.from({ length: 2_000 }, (_, index) => free(index)));
    tick();
    await settle();
    change(lock(3_999, 8));
    tick();
    await settle();

    expect(line.pids.size).toBe(2_000);
    expect(line.pids.get('k3999')).toBe(8);
    expect(line.pids.has('k0')).toBe(false);
  });

  it('are told each hold that is over once', async () => {
    const line = new Line();
    viewerOn(line);
    await settle();
    for (let round = 0; round < 120; round += 1) {
      drain(
        picture.changed(
          [
            {
              ...lock(5),
              holders: [
                { ...lock(5).holders[0]!, createRevision: BigInt(10 + round) },
              ],
            },
          ],
          3n,
          Date.now(),
        ),
      );
      tick();
      await settle();
    }

    expect(line.store.pastOf('locks/k5/')).toHaveLength(120);
  });

  it('who do not read for half a minute are sent away', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const line = new Line(false);
    const viewer = viewerOn(line);
    await settle();
    vi.setSystemTime(Date.now() + 29_000);
    viewer.check(Date.now());
    expect(line.destroyed).toBe(false);

    vi.setSystemTime(Date.now() + 2_000);
    viewer.check(Date.now());
    expect(line.destroyed).toBe(true);
  });

  it('hear now and then that the line is open', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const line = new Line();
    const viewer = viewerOn(line);
    await settle();
    vi.setSystemTime(Date.now() + 14_000);
    viewer.check(Date.now());
    expect(line.chunks).not.toContain(': \n\n');

    vi.setSystemTime(Date.now() + 2_000);
    viewer.check(Date.now());
    expect(line.chunks.at(-1)).toBe(': \n\n');
  });
});
