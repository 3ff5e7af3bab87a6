/** etcd closes connections that are pinged more often than every 5 s. */
const PING_EVERY_MS = 6_000;
const PONG_WITHIN_MS = 3_000;

/** Finds out that the other side is gone although nobody has said so. */
export class Pulse {
  private readonly interval: NodeJS.Timeout;
  private pong: NodeJS.Timeout | undefined;

  constructor(
    private readonly peer: {
      /** Without anything under way etcd counts pings as an offence. */
      wanted(): boolean;
      ping(answered: () => void): void;
      lost(): void;
    },
  ) {
    this.interval = setInterval(() => this.beat(), PING_EVERY_MS);
    this.interval.unref();
  }

  stop(): void {
    clearInterval(this.interval);
    clearTimeout(this.pong);
  }

  private beat(): void {
    if (this.pong !== undefined || !this.peer.wanted()) return;
    let answered = false;
    this.pong = setTimeout(() => {
      // After a pause of this process the answer may be there, and only not read.
      setImmediate(() => {
        this.pong = undefined;
        if (!answered) this.peer.lost();
      }).unref();
    }, PONG_WITHIN_MS);
    this.pong.unref();
    this.peer.ping(() => {
      answered = true;
      clearTimeout(this.pong);
      this.pong = undefined;
    });
  }
}
