import type { ServerResponse } from 'node:http';
import type { LockService } from '../nest/service/lock.service.js';
import { BoardPicture } from './board-picture.js';
import { LeaseClock } from './lease-clock.js';
import { Viewer } from './viewer.js';

const UPDATE_EVERY_MS = 250;

/** Follows the locks, by one watch, for as long as there are viewers. */
export class LockBoard {
  private readonly viewers = new Set<Viewer>();
  private readonly picture = new BoardPicture((ids) => this.touch(ids));
  private readonly leases: LeaseClock;
  private stopLooking = () => {};
  private closed = false;

  constructor(
    readonly locks: LockService,
    readonly allowRelease: boolean,
  ) {
    this.leases = new LeaseClock(this.picture, (lease) =>
      locks.client.timeLeft(lease),
    );
  }

  /** Shows the locks to whoever reads `out`, until they leave. `false` when they have, or the board is closed. */
  show(out: ServerResponse): boolean {
    // Who left while a guard was asked is not told of again.
    if (this.closed || out.destroyed) return false;
    if (this.viewers.size === 0) this.look();
    const viewer = new Viewer(
      out,
      this.picture,
      this.leases,
      this.allowRelease,
    );
    this.viewers.add(viewer);
    viewer.flush();
    out.once('close', () => {
      if (this.viewers.delete(viewer) && this.viewers.size === 0) this.leave();
    });
    // A connection that is cut is a viewer that leaves.
    out.on('error', () => {});
    return true;
  }

  /** Ends what viewers read: a server waits for it before it stops. */
  close(): void {
    this.closed = true;
    for (const viewer of this.viewers) viewer.end();
  }

  private look(): void {
    const unfollow = this.locks.client.follow(this.picture);
    const timer = setInterval(() => {
      void this.leases.tick();
      for (const viewer of this.viewers) viewer.flush();
    }, UPDATE_EVERY_MS).unref();
    this.stopLooking = () => {
      unfollow();
      clearInterval(timer);
    };
  }

  private leave(): void {
    this.stopLooking();
    this.picture.leave();
  }

  private touch(ids: readonly string[]): void {
    for (const viewer of this.viewers) viewer.touch(ids);
  }
}
