const WORK_MS = 5;
const REST_MS = 5;

/**
 * Does work for those who look in pieces of a few milliseconds, with as long a rest between them:
 * the thread belongs to the application, and its locks have to be renewed.
 */
export class SpareTime {
  private readonly jobs: Iterator<unknown>[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** `idle` does a piece of what has no order, when there is nothing else, or finds nothing to do. */
  constructor(
    private readonly idle: () => boolean,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Jobs are done in their order; each `next` of one is a piece. */
  do(job: Iterator<unknown>): void {
    this.jobs.push(job);
    this.wake();
  }

  /** To be called when there may be something to do again. */
  wake(): void {
    this.timer ??= setTimeout(() => this.work(), 0).unref();
  }

  /** Forgets all jobs. */
  clear(): void {
    this.jobs.length = 0;
  }

  private work(): void {
    const until = performance.now() + WORK_MS;
    let more = true;
    try {
      while (more && performance.now() < until) more = this.piece();
    } catch (error) {
      more = this.jobs.length > 0;
      this.failed(error);
    }
    this.timer = more
      ? setTimeout(() => this.work(), REST_MS).unref()
      : undefined;
  }

  private piece(): boolean {
    const [job] = this.jobs;
    if (job === undefined) return this.idle();
    let done = true;
    try {
      done = job.next().done === true;
    } finally {
      if (done) this.jobs.shift();
    }
    return true;
  }
}
