import type { Attributes, Span, SpanContext } from '@opentelemetry/api';
import type { CallEvent, LockClient, LockEvent } from '../core/index.js';
import { ERROR_TYPE, errorType, OUTCOME, TEMPLATE } from './attributes.js';
import type { KeyTemplates } from './key-templates.js';
import type { OpenTelemetry } from './open-telemetry.js';
import { readTraceParent, writeTraceParent } from './trace-parent.js';

/** A call that has not been answered yet. */
interface Attempt {
  readonly span: Span;
  readonly traceParent: string | undefined;
  /** Who of this process held the key when the call came. */
  readonly holder: SpanContext | undefined;
  linked: boolean;
}

interface Holder {
  readonly call: number;
  readonly span: SpanContext;
}

/** Makes a span of each call of one client, as long as something keeps spans. */
export class LockSpans {
  private readonly attempts = new Map<number, Attempt>();
  private readonly holders = new Map<string, Holder>();

  constructor(
    private readonly client: LockClient,
    private readonly api: OpenTelemetry,
    private readonly templates: KeyTemplates,
    private readonly withKeys: boolean,
  ) {}

  traceParentOf(call: number): string | undefined {
    return this.attempts.get(call)?.traceParent;
  }

  record(event: LockEvent): void {
    switch (event.type) {
      case 'requested':
        this.begin(event);
        return;
      case 'waiting':
        // What an SDK throws is nobody's to catch.
        this.linkToHolder(event).catch(() => {});
        return;
      case 'acquired': {
        const { call, key, fencingToken, waitedMs, handOverMs } = event;
        const span = this.end(
          event,
          {
            'lock.wait_ms': waitedMs,
            'lock.fencing_token': String(fencingToken),
          },
          handOverMs !== undefined,
        );
        if (span) this.holders.set(key, { call, span: span.spanContext() });
        return;
      }
      case 'busy':
        this.end(event, {}, true);
        return;
      case 'timeout':
        this.end(
          event,
          {
            'lock.wait_ms': event.waitedMs,
            [ERROR_TYPE]: 'LOCK_TIMEOUT',
          },
          true,
        );
        return;
      case 'failed':
        this.end(
          event,
          {
            'lock.wait_ms': event.waitedMs,
            [ERROR_TYPE]: errorType(event.error),
          },
          false,
        );
        return;
      case 'released':
      case 'lost':
        if (this.holders.get(event.key)?.call === event.call) {
          this.holders.delete(event.key);
        }
        return;
      default:
    }
  }

  /** Ends the spans of calls whose answer will not be heard. */
  stop(): void {
    for (const { span } of this.attempts.values()) span.end();
    this.attempts.clear();
    this.holders.clear();
  }

  private begin(event: CallEvent): void {
    const { trace } = this.api;
    const span = trace.getTracer('nestjs-etcd-lock').startSpan('lock.acquire', {
      attributes: {
        [TEMPLATE]: this.templates.of(event),
        ...(this.withKeys && { 'lock.key': event.key }),
      },
    });
    if (!span.isRecording()) return;
    this.attempts.set(event.call, {
      span,
      traceParent: writeTraceParent(span.spanContext()),
      holder: this.holders.get(event.key)?.span,
      linked: false,
    });
  }

  /** Somebody of any process is in the way: the ticket says of what trace. */
  private async linkToHolder({ call, key }: CallEvent): Promise<void> {
    const attempt = this.attempts.get(call);
    if (attempt === undefined || attempt.linked) return;
    // One that cannot be read is not linked to.
    const state = await this.client.inspect(key).catch(() => undefined);
    // By now it may be the holder itself, or may have been.
    if (this.attempts.get(call) !== attempt) return;
    const [holder] = state?.holders ?? [];
    if (holder?.trace === undefined) return;
    const context = readTraceParent(holder.trace);
    if (context?.spanId === attempt.span.spanContext().spanId) return;
    this.link(attempt, context);
  }

  private end(
    { type, call }: CallEvent & { readonly type: string },
    attributes: Attributes,
    waited: boolean,
  ): Span | undefined {
    const attempt = this.attempts.get(call);
    if (attempt === undefined) return undefined;
    this.attempts.delete(call);
    const { span, holder, linked } = attempt;
    // Waits behind this process stand in no queue of etcd.
    if (waited && !linked) this.link(attempt, holder);
    span.setAttributes({ [OUTCOME]: type, ...attributes });
    if (ERROR_TYPE in attributes) {
      span.setStatus({ code: this.api.SpanStatusCode.ERROR });
    }
    span.end();
    return span;
  }

  private link(attempt: Attempt, context: SpanContext | undefined): void {
    if (context === undefined || !this.api.isSpanContextValid(context)) return;
    attempt.linked = true;
    // Spans of SDKs that are older than the API have no such method.
    attempt.span.addLink?.({ context });
  }
}
