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
  const exporter = env['OTEL_TRACES_EXPORTER']
  if (exporter && exporter !== 'otlp')
    complaints.setting(`OTEL_TRACES_EXPORTER=${exporter} is neither otlp nor none; spans are sent by OTLP`)
  const protocol = protocolOf(env, (why) => complaints.setting(why))
  const processor = new BatchSpanProcessor(await exporters[protocol]())
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: 'embedgate', [ATTR_SERVICE_VERSION]: packageVersion }))
      .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })),
    spanProcessors: [processor],
  })
  const tracer = provider.getTracer('embedgate', packageVersion)
  complaints.started()
  return {
    tracer,
    // Limits are for the SDK's own spans to keep.
    record: limitsSpans(env) ? undefined : (span) => processor.onEnd(span),
    close: async () => {
      const { promise: late, resolve } = withResolvers<void>()
      const cancel = clock.after(flushMs, resolve)
      const sent = provider.shutdown().then(
        () => true,
        (error: unknown) => complaints.warn(String(error)),
      )
      const isSent = await Promise.race([sent, late])
      cancel()
      if (isSent !== true) log.warn({ afterMs: flushMs }, 'tracing: the last spans could not be sent')
    },
  }
}

/** Whether variables limit what a span may hold. */
const limitsSpans = (env: Environment): boolean =>
  Object.entries(env).some(
    ([name, value]) => Boolean(value) && /^OTEL_(?:SPAN_)?(?:ATTRIBUTE|LINK)_.*_LIMIT$/.test(name),
  )

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
