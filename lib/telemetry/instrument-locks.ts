import { type LockClient, LockConfigurationError } from '../core/index.js';
import { checkKnownOptions, shown, typeName } from '../core/internal.js';
import { lockInstruments } from './instruments.js';
import type { KeyTemplateOptions } from './key-templates.js';
import { LockMetrics } from './lock-metrics.js';
import { LockSpans } from './lock-spans.js';
import { openTelemetry } from './open-telemetry.js';

/** What metrics and spans say of the keys. */
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
  const { spanKeys = true, ...templateOptions } = takenOptions(options);
  const api = await openTelemetry();
  if (instrumented.has(client)) {
    throw new LockConfigurationError(
      'These locks are instrumented already: everything would count twice.',
    );
  }
  instrumented.add(client);
  const meter = api.metrics.getMeter('nestjs-etcd-lock');
  const metrics = new LockMetrics(lockInstruments(meter), templateOptions);
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

/**
 * The options, each read once.
 *
 * @throws {LockConfigurationError} naming the option
 */
function takenOptions(options: TelemetryOptions): TelemetryOptions {
  checkKnownOptions(options, OPTIONS);
  const { keyTemplate, maxTemplates, spanKeys, templates = [] } = options;
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
  const list =
    typeof templates === 'object' &&
    templates !== null &&
    Symbol.iterator in templates
      ? [...templates]
      : undefined;
  if (list === undefined || list.some((one) => typeof one !== 'string')) {
    throw new LockConfigurationError(
      `Option "templates" must be a list of strings, got ${list ? 'other things in it' : typeName(templates)}.`,
    );
  }
  if (
    maxTemplates !== undefined &&
    !(Number.isSafeInteger(maxTemplates) && maxTemplates >= 1)
  ) {
    throw new LockConfigurationError(
      `Option "maxTemplates" must be a whole number of at least 1, got ${shown(maxTemplates)}.`,
    );
  }
  return { keyTemplate, maxTemplates, spanKeys, templates: list };
}
