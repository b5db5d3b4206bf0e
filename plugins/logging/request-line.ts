import type { RequestSummary } from '../../gateway/http/summary.ts'

/** What is known about a request when it has ended. */
export interface EndedRequest {
  readonly id: string
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
  const traceId = traceIdOf(request.traceparent)
  if (traceId !== undefined) fields['trace_id'] = traceId
  if (request.tenant !== undefined) fields['tenant'] = request.tenant
  if (!summary) return fields
  for (const name of summaryFields) if (summary[name] !== undefined) fields[name] = summary[name]
  if (summary.degradedFrom !== undefined) fields['degraded_from'] = summary.degradedFrom
  if (summary.degradedReason !== undefined) fields['degraded_reason'] = summary.degradedReason
  if (summary.outcome.startsWith('EG_')) fields['code'] = summary.outcome
  return fields
}

const summaryFields = ['model', 'backend', 'texts', 'tokens', 'cache', 'degraded', 'attempts', 'truncated'] as const

/** Answers of 5xx are warnings; probes and scrapes that succeed are debug, because they come for ever and say nothing. */
export const levelOf = ({ status, route }: Pick<EndedRequest, 'status' | 'route'>): LineLevel => {
  if (route !== undefined && status < 400 && /^\/(health|metrics)/.test(route)) return 'debug'
  return status >= 500 ? 'warn' : 'info'
}

/** The trace id of a W3C `traceparent`; undefined when it is not one. */
export const traceIdOf = (traceparent: string | undefined): string | undefined =>
  traceparent?.length === 55
    ? /^00-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1]
    : undefined
