import { type LockClient, LockConfigurationError } from '../core/index.js';
import { checkKnownOptions, typeName } from '../core/internal.js';
import { lockInstruments } from './instruments.js';
import type { KeyTemplateOptions } from './key-templates.js';
import { LockMetrics } from './lock-metrics.js';
import { LockSpans } from './lock-spans.js';
import { openTelemetry } from './open-telemetry.js';

export interface TelemetryOptions extends KeyTemplateOptions {
  /** Whether spans tell the key. Metrics never do. @default true */
  readonly spanKeys?: boolean | undefined;
}

const OPTIONS = [
  'keyTemplate',
  'maxTemplates',
  'templates',
  'spanKeys',
] as const satisfies readonly (keyof TelemetryOptions)[];

const instrumented = new WeakSet<LockClient>();

/**
 * Gives the metrics of `docs/metrics.md` and a span for each call that asks for a lock to the
 * providers that are registered with `@opentelemetry/api`. Register them before; without any,
 * nothing is recorded. Nothing that goes wrong in them reaches a lock.
 *
 * A span is a child of what its caller was doing, is linked to the span of the holder it waited
 * for, and is named in the ticket, where other processes find it. Waits for several keys are linked
 * within a process only.
 *
 * Resolves to a function that ends it. What is held at that moment no longer counts as held.
 *
 * @throws {LockConfigurationError} without the package `@opentelemetry/api`, for options that
 * cannot be, for a client that is instrumented already
 *
 * @example
 * const stop = await instrumentLocks(client, { templates: ['order:*'] });
 */
export async function instrumentLocks(
  client: LockClient,
  options: TelemetryOptions = {},
): Promise<() => void> {
  checkOptions(options);
  const api = await openTelemetry();
  if (instrumented.has(client)) {
    throw new LockConfigurationError(
      'These locks are instrumented already: everything would count twice.',
    );
  }
  instrumented.add(client);
  const meter = api.metrics.getMeter('nestjs-etcd-lock');
  const metrics = new LockMetrics(lockInstruments(meter), options);
  const { spanKeys = true } = options;
  const spans = new LockSpans(client, api, metrics.templates, spanKeys);
  const stops = [
    client.subscribe((event) => metrics.record(event)),
    client.subscribe((event) => spans.record(event)),
  ];
  client.traceWith((call) => spans.traceParentOf(call));
  let stopped = false;
  return () => {
    if (stopped) return;
    stopped = true;
    for (const stop of stops) stop();
    metrics.stop();
    spans.stop();
    instrumented.delete(client);
  };
}

/** @throws {LockConfigurationError} naming the option */
function checkOptions(options: TelemetryOptions): void {
  checkKnownOptions(options, OPTIONS);
  const { keyTemplate, maxTemplates = 1, spanKeys, templates = [] } = options;
  if (keyTemplate !== undefined && typeof keyTemplate !== 'function') {
    throw new LockConfigurationError(
      `Option "keyTemplate" must be a function, got ${typeName(keyTemplate)}.`,
    );
  }
  if (spanKeys !== undefined && typeof spanKeys !== 'boolean') {
    throw new LockConfigurationError(
      `Option "spanKeys" must be a boolean, got ${typeName(spanKeys)}.`,
    );
  }
  // A string would be taken for the list of its characters.
  if (typeof templates !== 'object' || !(Symbol.iterator in templates)) {
    throw new LockConfigurationError(
      `Option "templates" must be a list of strings, got ${typeName(templates)}.`,
    );
  }
  if (!Number.isSafeInteger(maxTemplates) || maxTemplates < 1) {
    throw new LockConfigurationError(
      `Option "maxTemplates" must be a whole number of at least 1, got ${String(maxTemplates)}.`,
    );
  }
}
