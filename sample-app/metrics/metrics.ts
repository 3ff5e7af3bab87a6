import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

/** Answers Prometheus. The shop has a server already, so that the exporter needs none. */
export const exporter = new PrometheusExporter({ preventServerStart: true });

// Before any module is made: instruments that are made without a provider stay silent.
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
