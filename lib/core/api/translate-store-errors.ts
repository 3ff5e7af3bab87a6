import { LockStoreError } from './errors.js';
import { StoreError } from '../store/lock-store.js';

/** Asks the store for a caller who named `key`, and rejects as the public interface does. */
export async function translateStoreErrors<T>(
  key: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw LockStoreError.from(key, error);
  }
}
