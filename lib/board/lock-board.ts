import { Logger } from '@nestjs/common';
import type { LockWatcher } from '../core/index.js';
import type { LockService } from '../nest/service/lock.service.js';
import { BoardPicture } from './board-picture.js';
import { Bulletins } from './bulletins.js';
import { LeaseClock } from './lease-clock.js';
import { Pages } from './pages.js';
import { SpareTime } from './spare-time.js';
import { type Outlet, Viewer } from './viewer.js';

const UPDATE_EVERY_MS = 250;
/** Pages that are loaded again and again do not have the locks read each time. */
const LINGER_MS = 3_000;

const logger = new Logger('EtcdLockBoard');

/** Follows the locks, by one watch, for as long as there are viewers. */
export class LockBoard {
  private readonly viewers: Viewer[] = [];
  private readonly picture: BoardPicture = new BoardPicture((id) =>
    this.pages.touch(id),
  );
  private readonly pages = new Pages(this.picture.locks);
  private readonly leases: LeaseClock;
  private readonly bulletins: Bulletins;
  private readonly spareTime = new SpareTime(
    () => this.write(),
    (error) => this.fail(error),
  );
  private turn = 0;
  private stopLooking: (() => void) | undefined;
  private leaving: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    readonly locks: LockService,
    readonly allowRelease: boolean,
  ) {
    this.leases = new LeaseClock(this.picture, (lease) =>
      locks.client.timeLeft(lease),
    );
    this.bulletins = new Bulletins(this.picture, this.leases);
  }

  /**
   * Shows the locks to whoever reads `out`; the returned function is to be called when they have
   * left. `undefined` when the board is closed.
   */
  show(out: Outlet): (() => void) | undefined {
    if (this.closed) return undefined;
    const { picture, pages, bulletins } = this;
    const wake = () => this.spareTime.wake();
    const viewer = new Viewer(out, picture, pages, bulletins, wake);
    viewer.greet(this.allowRelease);
    this.viewers.push(viewer);
    clearTimeout(this.leaving);
    this.stopLooking ??= this.look();
    wake();
    return () => {
      const index = this.viewers.indexOf(viewer);
      if (index === -1) return;
      this.viewers.splice(index, 1);
      if (this.viewers.length > 0 || this.closed) return;
      this.leaving = setTimeout(() => this.leave(), LINGER_MS).unref();
    };
  }

  /** Ends what viewers read: a server waits for it before it stops. */
  close(): void {
    this.closed = true;
    for (const viewer of this.viewers) viewer.end();
    clearTimeout(this.leaving);
    this.leave();
  }

  private look(): () => void {
    const { picture, spareTime } = this;
    const watcher: LockWatcher = {
      snapshot: (states, revision) =>
        spareTime.do(picture.snapshot(states, revision, Date.now())),
      changed: (states, revision) =>
        spareTime.do(picture.changed(states, revision, Date.now())),
      interrupted: ({ message }) => {
        // What was heard before comes before it.
        spareTime.do(once(() => picture.interrupted(message, Date.now())));
      },
    };
    const unfollow = this.locks.client.follow(watcher);
    const timer = setInterval(() => this.tick(), UPDATE_EVERY_MS).unref();
    return () => {
      unfollow();
      clearInterval(timer);
    };
  }

  private leave(): void {
    this.stopLooking?.();
    this.stopLooking = undefined;
    this.spareTime.clear();
    this.spareTime.do(this.picture.leave(Date.now()));
  }

  private tick(): void {
    void this.leases.tick();
    const now = Date.now();
    const news = this.pages.news();
    for (const viewer of this.viewers) {
      if (news !== undefined) viewer.offer(news);
      viewer.check(now);
    }
    this.spareTime.wake();
  }

  /** A piece for one of the viewers, who take turns. */
  private write(): boolean {
    for (let tried = 0; tried < this.viewers.length; tried += 1) {
      this.turn = (this.turn + 1) % this.viewers.length;
      if (this.viewers[this.turn]!.step()) return true;
    }
    return false;
  }

  private fail(error: unknown): void {
    logger.error('The board cannot show what it was told.', error);
    const { message } = error as Error;
    this.picture.interrupted(`The board itself failed: ${message}`, Date.now());
  }
}

function* once(act: () => void): Generator<void> {
  yield act();
}
