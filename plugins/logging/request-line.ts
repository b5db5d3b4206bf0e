import { isProbeRoute } from '../../gateway/core/probe-route.ts'
import type { RequestTrace } from '../../gateway/core/span.ts'
import { parentSpanOf } from '../../gateway/core/traceparent.ts'
import type { RequestSummary } from '../../gateway/http/summary.ts'

/** What is known about a request when it has ended. */
export interface EndedRequest {
  readonly id: string
  /** Where requests are traced. */
  readonly trace: Pick<RequestTrace, 'traceId' | 'spanId'> | null | undefined
  /** The caller's. */
  readonly traceparent: string | undefined
  readonly method: string
  /** The pattern of its route; undefined when there is none. */
  readonly route: string | undefined
  /** 499 when the caller left before its answer was out. */
  readonly status: number
  readonly tenant: string | undefined
  readonly durationMs: number
  readonly summary: RequestSummary | null | undefined
}

/** How much a line matters. */
export type LineLevel = 'debug' | 'info' | 'warn'

/** The fields of the one line of a request: never its texts, vectors or keys. */
export const requestFields = (request: EndedRequest): Record<string, unknown> => {
  const { summary } = request
  const fields: Record<string, unknown> = {
    request_id: request.id,
    method: request.method,
    route: request.route ?? 'unknown',
    status: request.status,
    duration_ms: Math.round(request.durationMs * 100) / 100,
  }
  const { trace } = request
  const traceId = trace ? trace.traceId : parentSpanOf(request.traceparent ?? '')?.traceId
  if (traceId !== undefined) fields['trace_id'] = traceId
  if (trace) fields['span_id'] = trace.spanId
  if (request.tenant !== undefined) fields['tenant'] = request.tenant
  if (!summary) return fields
  for (const name of summaryFields) if (summary[name] !== undefined) fields[name] = summary[name]
  if (summary.batchTexts !== undefined) fields['batch_size'] = summary.batchTexts
  if (summary.degradedFrom !== undefined) fields['degraded_from'] = summary.degradedFrom
  if (summary.degradedReason !== undefined) fields['degraded_reason'] = summary.degradedReason
  if (summary.outcome.startsWith('EG_')) fields['code'] = summary.outcome
  return fields
}

const summaryFields = [
  'model',
  'backend',
  'device',
  'texts',
  'tokens',
  'cache',
  'degraded',
  'attempts',
  'truncated',
] as const

/** Answers of 5xx are warnings; probes and scrapes that succeed are debug, because they come for ever and say nothing. */
export const levelOf = ({ status, route }: Pick<EndedRequest, 'status' | 'route'>): LineLevel => {
  if (status < 400 && isProbeRoute(route)) return 'debug'
  return status >= 500 ? 'warn' : 'info'
}
