import { isProbeRoute } from '../../gateway/core/probe-route.ts'
import { parentSpanOf } from '../../gateway/core/traceparent.ts'
import type { EndedRequest } from '../../gateway/http/requests.ts'

/** How much a line matters. */
export type LineLevel = 'debug' | 'info' | 'warn'

/** The fields of the one line of a request: never its texts, vectors or keys. */
export const requestFields = (request: EndedRequest): Record<string, unknown> => {
  const { method, durationMs, trace, outcome, summary } = request
  const fields: Record<string, unknown> = { request_id: request.id }
  if (method !== undefined) fields['method'] = method
  fields['route'] = request.route ?? 'other'
  fields['status'] = request.status
  if (durationMs !== undefined) fields['duration_ms'] = Math.round(durationMs * 100) / 100
  const traceId = trace ? trace.traceId : parentSpanOf(request.traceparent ?? '')?.traceId
  if (traceId !== undefined) fields['trace_id'] = traceId
  if (trace) fields['span_id'] = trace.spanId
  if (request.tenant !== undefined) fields['tenant'] = request.tenant
  if (outcome?.startsWith('EG_')) fields['code'] = outcome
  if (!summary) return fields
  for (const name of summaryFields) if (summary[name] !== undefined) fields[name] = summary[name]
  if (summary.batchTexts !== undefined) fields['batch_size'] = summary.batchTexts
  if (summary.degradedFrom !== undefined) fields['degraded_from'] = summary.degradedFrom
  if (summary.degradedReason !== undefined) fields['degraded_reason'] = summary.degradedReason
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
