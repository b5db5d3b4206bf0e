import {
  diag,
  DiagLogLevel,
  type ProxyTracerProvider,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node'
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions'
import type { Clock } from '../../gateway/core/clock.ts'
import type { Log } from '../../gateway/core/log.ts'
import { packageVersion } from '../../gateway/core/version.ts'
import { withResolvers } from '../../gateway/core/with-resolvers.ts'
import { complaintsTo } from './complaints.ts'
import type { Environment } from './is-tracing-on.ts'
import { type Protocol, protocolOf } from './protocol.ts'
import type { SpanMaker } from './request-spans.ts'

/** What makes spans, and sends them. */
export interface Tracing extends SpanMaker {
  /** Sends what waits; never longer than 2 s, and never rejects. */
  close(): Promise<void>
}

/** What sending the last spans may take: less than an operator waits for a process to stop. */
const flushMs = 2_000

/**
 * Starts OpenTelemetry by its own environment variables: which sampler, endpoint, protocol, headers, time limits, resource and
 * sizes of queue and batch is for the SDK to read. Its queue is bounded (2 048 spans unless `OTEL_BSP_MAX_QUEUE_SIZE` says
 * otherwise); what does not fit is dropped, and nothing waits for it.
 *
 * Where a preloaded SDK has registered itself, spans go there, and it sends them.
 */
export const startTracing = async (env: Environment, log: Log, clock: Clock): Promise<Tracing> => {
  const preloaded = preloadedTracer()
  if (preloaded) return { tracer: preloaded, record: undefined, close: async () => {} }
  const complaints = complaintsTo(log, clock)
  diag.setLogger(complaints, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  // A ratio alone says which sampler is meant; to the SDK it would say nothing.
  if (env['OTEL_TRACES_SAMPLER_ARG']) process.env['OTEL_TRACES_SAMPLER'] ||= 'parentbased_traceidratio'
  const protocol = protocolOf(env, (name) =>
    complaints.warn(`OTEL_EXPORTER_OTLP_PROTOCOL=${name} is none of grpc, http/protobuf, http/json`),
  )
  const processor = new BatchSpanProcessor(await exporters[protocol]())
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: 'embedgate', [ATTR_SERVICE_VERSION]: packageVersion }))
      .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })),
    spanProcessors: [processor],
  })
  return {
    tracer: provider.getTracer('embedgate', packageVersion),
    record: (span) => processor.onEnd(span),
    close: async () => {
      const { promise: late, resolve } = withResolvers<void>()
      const cancel = clock.after(flushMs, resolve)
      const sent = provider.shutdown().catch((error: unknown) => complaints.warn(String(error)))
      await Promise.race([sent, late])
      cancel()
    },
  }
}

/** Loaded when needed: gRPC alone is more than the rest of tracing. */
const exporters: Readonly<Record<Protocol, () => Promise<SpanExporter>>> = {
  grpc: async () => new (await import('@opentelemetry/exporter-trace-otlp-grpc')).OTLPTraceExporter(),
  'http/protobuf': async () => new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter(),
  'http/json': async () => new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter(),
}

const preloadedTracer = (): Tracer | undefined => {
  const provider: TracerProvider & Partial<ProxyTracerProvider> = trace.getTracerProvider()
  return provider.getDelegateTracer?.('embedgate', packageVersion)
}
