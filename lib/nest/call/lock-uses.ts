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
   * States a use. The returned function ends it, once; where it was the last, it returns a promise
   * that settles as the end of the lock does.
   */
  enter(): Leave {
    this.begun = true;
    this.users += 1;
    let inUse = true;
    let end: Promise<void> | undefined;
    return () => {
      if (inUse) {
        inUse = false;
        this.users -= 1;
        if (this.users === 0) end = this.end();
      }
      return end;
    };
  }
}

/** Ends a use. */
export type Leave = () => Promise<void> | undefined;

/**
 * Calls `react` when a use that was left has ended what it ended; where that has failed, `failed`.
 */
export function afterwards(
  end: ReturnType<Leave>,
  react: () => void,
  failed: (error: unknown) => void = react,
): void {
  if (end === undefined) react();
  else void end.then(react, failed);
}

/** Of what ends before another use of its lock does, so that it needs none of its own. */
export const COVERED: Pick<LockUses, 'enter'> = {
  enter: () => () => undefined,
};
