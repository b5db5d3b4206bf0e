import { type SpanContext, TraceFlags } from '@opentelemetry/api'

const sampled: number = TraceFlags.SAMPLED

/** The W3C header that names a span. */
export const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${(traceFlags & sampled) === sampled ? '01' : '00'}`
