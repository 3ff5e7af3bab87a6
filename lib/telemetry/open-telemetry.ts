import { LockConfigurationError } from '../core/index.js';

export type OpenTelemetry = typeof import('@opentelemetry/api');

/**
 * The optional peer, loaded when it is first needed: what needs none of it works without.
 *
 * @throws {LockConfigurationError} when it is not installed
 */
export async function openTelemetry(): Promise<OpenTelemetry> {
  try {
    return await import('@opentelemetry/api');
  } catch (cause) {
    throw new LockConfigurationError(
      'Metrics and traces of locks need the package @opentelemetry/api, and it could not be loaded. Install it, or use publishLockEvents, which does without.',
      '',
      { cause },
    );
  }
}
