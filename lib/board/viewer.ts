import type { ServerResponse } from 'node:http';
import type { BoardPicture } from './board-picture.js';
import type { Bulletins } from './bulletins.js';
import { PAGES } from './page-number.js';
import type { News, Pages } from './pages.js';
import { eventOf, type Pieces } from './pieces.js';
import type { Greeting } from './wire.js';

const HEARTBEAT_MS = 15_000;
const PATIENCE_MS = 30_000;

/** Of a response, also of HTTP/2, what is the same. */
export type Outlet = Pick<ServerResponse, 'write' | 'end' | 'destroy'> & {
  on(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
};

/**
 * One open page. Who keeps up is sent what changed; who does not, and who has just come, the pages
 * that are newer than theirs. So whoever reads slowly skips states instead of having them kept, and
 * a piece waits for a viewer only until the next one is its turn.
 */
export class Viewer {
  /** What is being sent, and how far. */
  private sending: Pieces | undefined;
  private place = 0;
  /** Up to which version it has seen everything, unless it is behind; and with what is being sent. */
  private seen = 0;
  private seenThen = 0;
  private behind = true;
  private readonly seenOf = new Float64Array(PAGES);
  private cursor = 0;
  private pastSent = 0;
  private state: Buffer | undefined;
  private leases: Buffer | undefined;
  private complete: boolean | undefined;
  /** What it has to have seen before it is told that it has all locks. */
  private wholeFrom: number | undefined;
  private blocked = false;
  private ended = false;
  private lastWrite = Date.now();
  private readonly resume = () => {
    this.blocked = false;
    this.ready();
  };

  /** `ready` is called when there may be something to write again. */
  constructor(
    private readonly out: Outlet,
    private readonly picture: BoardPicture,
    private readonly pages: Pages,
    private readonly bulletins: Bulletins,
    private readonly ready: () => void,
  ) {
    out.on('drain', this.resume);
  }

  greet(allowRelease: boolean): void {
    const greeting: Greeting = { at: Date.now(), allowRelease };
    this.write(eventOf('greeting', greeting));
  }

  /** Who has not come through the last news falls behind. */
  offer(news: News): void {
    if (this.behind || this.seen >= news.to) return;
    if (this.sending === undefined && news.pieces !== undefined) {
      this.sending = news.pieces;
      this.place = 0;
      this.seenThen = news.to;
    } else {
      this.sending = undefined;
      this.behind = true;
      this.seenOf.fill(this.seen);
    }
  }

  /** Writes the next piece, unless there is none or the last one is not through. */
  step(): boolean {
    if (this.blocked || this.ended) return false;
    const piece = this.nextPiece();
    if (piece === undefined) return false;
    this.write(piece);
    return true;
  }

  /** To be called now and then. */
  check(now: number): void {
    const silent = now - this.lastWrite;
    if (this.ended) return;
    if (!this.blocked && silent > HEARTBEAT_MS) this.write(': \n\n');
    else if (this.blocked && silent > PATIENCE_MS) {
      this.ended = true;
      this.out.destroy();
    }
  }

  end(): void {
    this.ended = true;
    this.out.off('drain', this.resume);
    this.out.end();
  }

  private nextPiece(): Buffer | undefined {
    const { bulletins } = this;
    if (this.state !== bulletins.state()) {
      return (this.state = bulletins.state());
    }
    const lock = this.nextLocks();
    if (lock !== undefined) return lock;
    const { history } = this.picture;
    this.pastSent = Math.max(this.pastSent, history.first);
    if (this.pastSent < history.length) {
      const { event, next } = bulletins.past(this.pastSent);
      this.pastSent = next;
      return event;
    }
    if (this.leases !== bulletins.leases()) {
      return (this.leases = bulletins.leases());
    }
    const complete = this.hasAll();
    if (this.complete === complete) return undefined;
    this.complete = complete;
    return complete ? bulletins.complete : bulletins.incomplete;
  }

  /** The locks of a picture that has just become whole are still to come, with the next news. */
  private hasAll(): boolean {
    if (!this.picture.whole) {
      this.wholeFrom = undefined;
      return false;
    }
    this.wholeFrom ??= this.pages.version;
    return this.complete === true || this.seen >= this.wholeFrom;
  }

  private nextLocks(): Buffer | undefined {
    for (;;) {
      const piece = this.sending?.piece(this.place);
      this.place += 1;
      if (piece !== undefined) return piece;
      if (this.sending !== undefined && !this.behind) this.seen = this.seenThen;
      this.sending = undefined;
      if (!this.behind) return undefined;
      const page = this.nextPage();
      if (page === undefined) {
        this.behind = false;
        this.seen = this.pages.version;
        return undefined;
      }
      this.seenOf[page] = this.pages.versionOf(page);
      this.sending = this.pages.piecesOf(page);
      this.place = 0;
    }
  }

  private nextPage(): number | undefined {
    for (let tried = 0; tried < PAGES; tried += 1) {
      const page = this.cursor;
      this.cursor = (page + 1) % PAGES;
      if (this.pages.versionOf(page) > this.seenOf[page]!) return page;
    }
    return undefined;
  }

  private write(piece: Buffer | string): void {
    this.lastWrite = Date.now();
    this.blocked = !this.out.write(piece);
  }
}
