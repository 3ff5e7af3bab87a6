import { LockConfigurationError } from '../core/index.js';
import { checkedKey } from '../core/internal.js';

/**
 * The lock key of an election.
 *
 * @throws {LockConfigurationError} for a name that is no string, empty, or too long for a key
 */
export function electionKey(name: string, where = ''): string {
  if (typeof name !== 'string' || name === '') {
    throw new LockConfigurationError(
      `${where}The name of an election must be a string with content.`,
    );
  }
  return checkedKey(`election:${name}`);
}
