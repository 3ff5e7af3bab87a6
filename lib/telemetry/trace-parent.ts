import type { SpanContext } from '@opentelemetry/api';

const SAMPLED = 1;
const PATTERN = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-|$)/;

/** The W3C `traceparent` of a span that is kept; for others there is nothing to find. */
export function writeTraceParent(context: SpanContext): string | undefined {
  const { traceId, spanId, traceFlags } = context;
  if ((traceFlags & SAMPLED) === 0) return undefined;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Anybody may write anything into a ticket. */
export function readTraceParent(text: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = PATTERN.exec(text) ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  const traceFlags = Number.parseInt(flags, 16);
  return { traceId, spanId, traceFlags, isRemote: true };
}
