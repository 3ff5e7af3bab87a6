import type { LockClient } from '../../core/index.js';
import { handleOf, LockHandle, onAbort } from '../../core/internal.js';
import { CallLock } from '../../nest/call/call-lock.js';
import type { Leadership } from '../leadership.js';

/** This process in an election, for the methods that only its leader runs. */
export class Candidate {
  private leadership: Leadership | undefined;
  private readonly calls = new Set<Promise<void>>();

  constructor(private readonly client: LockClient) {}

  /** The work of the leader: to lead, until it may not any more and its calls have ended. */
  readonly serve = async (leadership: Leadership): Promise<void> => {
    this.leadership = leadership;
    const { signal } = leadership;
    if (!signal.aborted) {
      await new Promise<void>((resolve) => onAbort(signal, resolve));
    }
    this.leadership = undefined;
    while (this.calls.size > 0) await Promise.all(this.calls);
  };

  /** The lock for a call of a method, or undefined where this process does not lead. */
  admit(where: string): CallLock | undefined {
    if (!this.leadership?.leading) return undefined;
    const { hold } = handleOf(this.leadership.lock);
    let end = () => {};
    const call = new Promise<void>((resolve) => (end = resolve));
    this.calls.add(call);
    const method = { where, policy: { onLost: 'throw' } } as const;
    return new CallLock(new LockHandle(hold), method, this.client, () => {
      this.calls.delete(call);
      end();
    });
  }
}
