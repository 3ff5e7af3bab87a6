import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  type Histogram,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach } from 'vitest';

class PulledReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

interface Point {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

/** What an application's SDK would have exported. */
export class Telemetry {
  private readonly reader = new PulledReader();
  private readonly exporter = new InMemorySpanExporter();

  constructor({ sampler }: { readonly sampler?: Sampler } = {}) {
    const spanProcessors = [new SimpleSpanProcessor(this.exporter)];
    metrics.setGlobalMeterProvider(
      new MeterProvider({ readers: [this.reader] }),
    );
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors, ...(sampler && { sampler }) }),
    );
    context.setGlobalContextManager(
      new AsyncLocalStorageContextManager().enable(),
    );
  }

  static remove(): void {
    metrics.disable();
    trace.disable();
    context.disable();
  }

  /** By the name without its prefix. */
  async points(name: string): Promise<readonly Point[]> {
    const { resourceMetrics } = await this.reader.collect();
    return resourceMetrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .filter(
        ({ descriptor }) => descriptor.name === `nestjs_etcd_lock.${name}`,
      )
      .flatMap(({ dataPoints }) => dataPoints as Point[]);
  }

  /** What was counted under exactly these attributes; undefined where there is no series. */
  async count(
    name: string,
    attributes: Readonly<Record<string, string | boolean>> = {},
  ): Promise<number | undefined> {
    return (await this.point(name, attributes)) as number | undefined;
  }

  async histogram(
    name: string,
    attributes: Readonly<Record<string, string>> = {},
  ): Promise<Histogram | undefined> {
    return (await this.point(name, attributes)) as Histogram | undefined;
  }

  /** Those that have ended, in the order in which they ended. */
  get spans(): readonly ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  /** Those of calls for locks. */
  get acquires(): readonly ReadableSpan[] {
    return this.spans.filter(({ name }) => name === 'lock.acquire');
  }

  private async point(
    name: string,
    wanted: Readonly<Record<string, string | boolean>>,
  ): Promise<unknown> {
    const points = await this.points(name);
    return points.find(
      ({ attributes }) =>
        Object.keys(attributes).length === Object.keys(wanted).length &&
        Object.entries(wanted).every(
          ([key, value]) => attributes[key] === value,
        ),
    )?.value;
  }
}

/** A fresh SDK for each test of a file. */
export function useTelemetry(): () => Telemetry {
  let telemetry: Telemetry;
  beforeEach(() => {
    telemetry = new Telemetry();
  });
  afterEach(() => Telemetry.remove());
  return () => telemetry;
}
