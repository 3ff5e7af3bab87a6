/**
 * Those who use a lock: a running method, whoever reads its result, the response that is being sent.
 * The last one to leave ends it.
 */
export class LockUses {
  private users = 0;
  private begun = false;

  constructor(private readonly end: () => Promise<void>) {}

  /** Whether somebody has ever come. */
  get everUsed(): boolean {
    return this.begun;
  }

  /**
   * States a use. The returned function ends it, once; where it was the last, its promise settles
   * as the end of the lock does.
   */
  enter(): () => Promise<void> {
    this.begun = true;
    this.users += 1;
    let left: Promise<void> | undefined;
    return () => (left ??= this.leave());
  }

  private async leave(): Promise<void> {
    this.users -= 1;
    if (this.users === 0) await this.end();
  }
}

/** Of what ends before another use of its lock does, so that it needs none of its own. */
export const COVERED: Pick<LockUses, 'enter'> = {
  enter: () => async () => {},
};
