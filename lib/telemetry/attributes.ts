import { isLockError } from '../core/index.js';

/** Of metrics and spans. docs/metrics.md lists them. */
export const TEMPLATE = 'lock.template';
export const OUTCOME = 'lock.outcome';
/** Of those that were acquired: set where that needed no message to etcd. */
export const KEPT = 'lock.kept';
export const LOST_REASON = 'lock.lost.reason';
export const ERROR_TYPE = 'error.type';

/** What OpenTelemetry has for errors that are not told apart. */
export const OTHER_ERROR = '_OTHER';

export function errorType(error: unknown): string {
  return isLockError(error) ? error.code : OTHER_ERROR;
}
