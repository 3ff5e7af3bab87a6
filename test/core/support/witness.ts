import type { Lock } from '../../../lib/core/index.js';

/** Stands in the critical section and sees who is in there together. */
export class Witness {
  most = 0;
  readonly tokens: bigint[] = [];
  private inside = 0;

  async attend(lock: Lock, work: Promise<unknown>): Promise<void> {
    this.inside += 1;
    this.most = Math.max(this.most, this.inside);
    this.tokens.push(lock.fencingToken);
    await work;
    this.inside -= 1;
  }

  /** Whether each token was greater than all before it. */
  get tokensGrow(): boolean {
    return this.tokens.every(
      (token, index) => index === 0 || token > this.tokens[index - 1]!,
    );
  }
}
